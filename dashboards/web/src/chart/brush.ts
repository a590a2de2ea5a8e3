import type uPlot from 'uplot'
import { RIBBON, RIBBON_GAP } from './ribbon'
import type { Range } from './view'

/** A drag that is shorter than this was a click, CSS pixels. */
const SHORTEST = 3

/**
 * Marks a stretch of time with a mouse, pen or finger, on the plot or on the ribbons under it. A finger that moves up or down
 * scrolls the page: the browser takes the pointer away then, and nothing is marked. Gives back what ends it.
 */
export function brushOn(u: uPlot, em: number, brushing: () => boolean, marked: (range: Range) => void): () => void {
  const under = document.createElement('div')
  under.className = 'u-ribbons'
  u.over.parentElement!.append(under)
  const place = () => {
    const { offsetLeft, offsetTop, offsetHeight, clientWidth } = u.over
    const height = 2 * (RIBBON_GAP + RIBBON) * em
    Object.assign(under.style, { left: `${offsetLeft}px`, top: `${offsetTop + offsetHeight}px`, width: `${clientWidth}px`, height: `${height}px` })
  }
  place()

  let from: number | null = null
  const at = (event: PointerEvent) => Math.min(u.over.clientWidth, Math.max(0, event.clientX - u.over.getBoundingClientRect().left))
  const show = (a: number, b: number) =>
    u.setSelect({ left: Math.min(a, b), width: Math.abs(b - a), top: 0, height: u.over.clientHeight }, false)

  function down(event: PointerEvent): void {
    if (!brushing() || event.button !== 0 || !event.isPrimary) return
    from = at(event)
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
  }
  function move(event: PointerEvent): void {
    if (from !== null && event.isPrimary) show(from, at(event))
  }
  function end(event: PointerEvent): void {
    if (from === null || !event.isPrimary) return
    const [a, b] = [Math.min(from, at(event)), Math.max(from, at(event))]
    from = null
    show(0, 0)
    if (event.type === 'pointerup' && b - a >= SHORTEST) marked({ from: u.posToVal(a, 'x') * 1000, to: u.posToVal(b, 'x') * 1000 })
  }
  const surfaces = [u.over, under]
  for (const surface of surfaces) {
    surface.addEventListener('pointerdown', down)
    surface.addEventListener('pointermove', move)
    surface.addEventListener('pointerup', end)
    surface.addEventListener('pointercancel', end)
  }
  const observer = new ResizeObserver(place)
  observer.observe(u.over)
  return () => {
    observer.disconnect()
    under.remove()
    for (const surface of surfaces) {
      surface.removeEventListener('pointerdown', down)
      surface.removeEventListener('pointermove', move)
      surface.removeEventListener('pointerup', end)
      surface.removeEventListener('pointercancel', end)
    }
  }
}
