/** Frames per second over the last two seconds, from the times of animation frames. */
export class FpsMeter {
  private readonly times = new Float64Array(512)
  private n = 0

  frame(now: number): void {
    this.times[this.n++ % this.times.length] = now
  }

  value(now: number): number {
    let frames = 0
    let oldest = now
    for (let k = this.n - 1; k >= 0 && k > this.n - this.times.length; k--) {
      const t = this.times[k % this.times.length]!
      if (now - t > 2000) break
      oldest = t
      frames++
    }
    return frames < 2 ? 0 : ((frames - 1) * 1000) / (now - oldest || 1)
  }
}
