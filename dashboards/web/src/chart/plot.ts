import uPlot from 'uplot'
import { ZONE } from '@/i18n/format'
import { color } from '@/theme'
import { alone } from './bins'
import type { Interval, StateSpan } from './intervals'
import { drawLimits, drawName, drawRibbon, RIBBON, RIBBON_GAP } from './ribbon'
import { timeLabels } from './ticks'
import type { Range } from './view'

/** Rows of `Columns` between which the band lies. */
const LOWEST = 1
const HIGHEST = 3

/** What is asked again at every drawing. */
export interface PlotSource {
  range: () => Range
  intervals: () => readonly Interval[]
  now: () => number
  /** A second ribbon under the first: what people say. Both are named then. */
  labels?: () => { spans: readonly StateSpan[]; names: readonly [states: string, labels: string] }
  /** Currents at which one level ends and the next begins, A. */
  limits?: () => readonly number[]
}

export interface PlotEvents {
  /** The cursor is at this distance from the plot's left edge, CSS pixels; null when it has left. */
  cursor: (left: number | null) => void
  /** A stretch was marked by dragging. */
  marked: (range: Range) => void
  doubleClick: () => void
  /** Whether dragging is somebody else's matter. */
  painting?: () => boolean
}

/** Where there is no room beside the cursor, what it points at stands above the plot. */
export const isNarrow = (width: number): boolean => width < 600
const TIP_HEIGHT = 54

/** A chart keeps its shape; on a wide screen type is larger, and everything grows with it. */
export function plotSize(width: number, em: number): { width: number; height: number } {
  return { width, height: Math.round((isNarrow(width) ? 310 : 350) * em) }
}

/** The band from lowest to highest with the mean in it, over the states on the same time axis. `em` is 1 at 16 px. */
export function plotOptions(width: number, em: number, locale: string, source: PlotSource, on: PlotEvents): uPlot.Options {
  // uPlot finds the size in here as a whole number.
  const font = `${Math.round(12 * em)}px ${getComputedStyle(document.documentElement).fontFamily}`
  const line = color('curve')
  const axis = { stroke: color('soft'), grid: { stroke: color('grid'), width: 1 }, ticks: { show: false } }
  const ribbon = (source.labels ? 2 : 1) * (RIBBON_GAP + RIBBON) * em
  const edge: uPlot.Series = { points: { show: false } }
  const mean: uPlot.Series = {
    stroke: line,
    width: 1.5 * em,
    fill: color('curve-under'),
    points: { show: true, size: 5 * em, stroke: line, fill: line, filter: (u, row) => alone(u.data[row]!) },
  }
  return {
    ...plotSize(width, em),
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), ZONE),
    padding: [isNarrow(width) ? TIP_HEIGHT * em : 8, null, null, null],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 6 },
      points: { size: 7 * em },
      bind: {
        mousedown: (_, __, handle) => (event) => {
          if (!on.painting?.()) handle(event)
          return null
        },
        dblclick: () => () => {
          on.doubleClick()
          return null
        },
      },
    },
    scales: {
      x: { time: true, range: () => [source.range().from / 1000, source.range().to / 1000] },
      // From zero, so that a small current looks small.
      y: { range: (_, __, max) => [0, Math.max(0.1, (max ?? 0) * 1.12)] },
    },
    axes: [
      {
        ...axis,
        font,
        values: (_, splits, __, ___, step) => timeLabels(locale, splits.map((s) => s * 1000), step * 1000),
        space: 78 * em,
        gap: ribbon + 6 * em,
        size: ribbon + 44 * em,
      },
      { ...axis, font, size: 58 * em, values: (_, splits) => splits.map((v) => `${v} A`) },
    ],
    series: [{}, edge, mean, edge],
    bands: [{ series: [HIGHEST, LOWEST], fill: color('curve-band') }],
    hooks: {
      draw: [
        (u) => {
          const scale = uPlot.pxRatio * em
          drawLimits(u, source.limits?.() ?? [], axis.stroke, scale)
          drawRibbon(u, source.intervals(), source.range(), source.now(), scale)
          if (!source.labels) return
          const { spans, names } = source.labels()
          drawRibbon(u, spans, source.range(), source.now(), scale, 1)
          names.forEach((name, row) => drawName(u, name, axis.stroke, font, scale, row))
        },
      ],
      setCursor: [(u) => on.cursor((u.cursor.left ?? -1) < 0 ? null : u.cursor.left!)],
      setSelect: [
        (u) => {
          const { left, width: marked } = u.select
          if (marked <= 0) return
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          on.marked({ from: u.posToVal(left, 'x') * 1000, to: u.posToVal(left + marked, 'x') * 1000 })
        },
      ],
    },
  }
}
