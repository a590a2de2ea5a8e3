import { OFF, OFFLINE, ON, STANDBY } from '@/live/protocol'

/**
 * Draws a state's glyph in its colour into a square, in whole pixels: on = filled, standby = lower half filled, off = hollow,
 * offline = cross, unknown = dot. The shapes stay apart down to 4 px.
 */
export function drawGlyph(c: CanvasRenderingContext2D, state: number, color: string, x: number, y: number, size: number): void {
  c.fillStyle = color
  const line = Math.max(1, Math.round(size / 9))
  switch (state) {
    case ON:
      c.fillRect(x, y, size, size)
      return
    case STANDBY: {
      const half = Math.floor(size / 2)
      frame(c, x, y, size, line)
      c.fillRect(x, y + size - half, size, half)
      return
    }
    case OFF:
      frame(c, x, y, size, line)
      return
    case OFFLINE:
      cross(c, x, y, size, Math.max(1, Math.round(size / 6)))
      return
    default: {
      const dot = Math.max(1, Math.round(size / 3))
      const at = Math.floor((size - dot) / 2)
      c.fillRect(x + at, y + at, dot, dot)
    }
  }
}

function frame(c: CanvasRenderingContext2D, x: number, y: number, size: number, line: number): void {
  c.fillRect(x, y, size, line)
  c.fillRect(x, y + size - line, size, line)
  c.fillRect(x, y, line, size)
  c.fillRect(x + size - line, y, line, size)
}

/** Diagonals as steps of whole pixels: a stroked path would blur at tile sizes. */
function cross(c: CanvasRenderingContext2D, x: number, y: number, size: number, line: number): void {
  const reach = size - line
  for (let i = 0; i <= reach; i++) {
    c.fillRect(x + i, y + i, line, line)
    c.fillRect(x + reach - i, y + i, line, line)
  }
}
