import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts'
import type { EChartsCoreOption } from 'echarts/core'
import type { HoursRow } from '@/api/hours'
import { stateName } from '@/live/protocol'
import { FONT } from '@/wall/palette'
import { isRecorded, passed, perDay, STACK } from './figures'

/** Words and formats of the present language. */
export interface ChartText {
  states: string[]
  effective: string
  coverage: string
  hours: (n: number) => string
  share: (part: number | null) => string
}

/**
 * What a chart is drawn with. Colours are the page's variables themselves, so that a theme, or paper, needs no drawing anew.
 * A pattern says the same as a colour.
 */
const INK = 'var(--ink)'
const PALE = 'var(--ink-pale)'
const PATTERNS: Record<string, object | undefined> = {
  on: undefined,
  standby: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], color: INK },
  off: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 8], rotation: -Math.PI / 4, color: PALE },
  offline: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4, color: INK },
  unknown: { symbol: 'circle', dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5, color: INK },
}
const TEXT = { color: 'var(--text)', fontFamily: FONT, fontSize: 13 }
const SOFT = { ...TEXT, color: 'var(--soft)' }
const LINE = { lineStyle: { color: 'var(--line)' } }

const ROOM_ABOVE = 12

const round = (n: number | null): number | null => (n === null ? null : Math.round(n * 1000) / 1000)
const mean = (row: HoursRow, ms: number): number | null => round(perDay(ms, passed(row)))
/** Nothing is drawn where nothing is known: it is not 0. */
const effective = (row: HoursRow): number | null => (isRecorded(row) ? mean(row, row.effective_ms) : null)

function stack(rows: readonly HoursRow[], text: ChartText): BarSeriesOption[] {
  return STACK.map(([state, key], n) => ({
    type: 'bar' as const,
    name: text.states[n],
    stack: 'states',
    barMaxWidth: 40,
    barCategoryGap: '25%',
    itemStyle: { color: `var(--${stateName(state)})`, decal: PATTERNS[stateName(state)] },
    emphasis: { disabled: true },
    data: rows.map((row) => mean(row, row[key])),
  }))
}

const mark = (text: ChartText, data: (number | null)[]): LineSeriesOption => ({
  type: 'line',
  name: text.effective,
  symbol: 'diamond',
  symbolSize: 9,
  showAllSymbol: true,
  lineStyle: { color: 'var(--text)', width: 1.5 },
  itemStyle: { color: 'var(--text)', borderColor: 'var(--panel)', borderWidth: 1 },
  emphasis: { disabled: true },
  z: 5,
  data,
})

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)

function tip(title: string, row: HoursRow, text: ChartText): string {
  const lines = STACK.map(([, key], n) => [text.states[n]!, mean(row, row[key])] as const)
  const body = [...lines, [text.effective, effective(row)] as const].map(([word, n]) => [word, n === null ? '–' : text.hours(n)])
  body.push([text.coverage, text.share(row.coverage)])
  return `<strong>${escaped(title)}</strong><table>${body.map(([word, n]) => `<tr><td>${escaped(word!)}</td><td>${escaped(n!)}</td></tr>`).join('')}</table>`
}

const tooltip = (rows: readonly HoursRow[], title: (row: HoursRow) => string, text: ChartText) => ({
  trigger: 'axis',
  axisPointer: { type: 'shadow', shadowStyle: { color: 'var(--line)', opacity: 0.35 } },
  confine: true,
  className: 'chart-tip',
  formatter: (items: { dataIndex: number }[]) => {
    const row = rows[items[0]?.dataIndex ?? -1]
    return row ? tip(title(row), row, text) : ''
  },
})

/** What an instrument did a day, period by period, and below it how much of the time is known. */
export function trendOption(rows: readonly HoursRow[], period: (row: HoursRow) => string, text: ChartText): EChartsCoreOption {
  const data = rows.map(period)
  const axis = { type: 'category', data, axisLine: LINE, axisTick: { show: false } }
  return {
    animation: false,
    tooltip: tooltip(rows, period, text),
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    grid: [
      { left: 44, right: 12, top: ROOM_ABOVE, bottom: 118 },
      { left: 44, right: 12, height: 40, bottom: 12 },
    ],
    xAxis: [
      { ...axis, axisLabel: { ...SOFT, hideOverlap: true } },
      { ...axis, gridIndex: 1, axisLabel: { show: false } },
    ],
    yAxis: [
      { type: 'value', min: 0, max: 24, interval: 6, axisLabel: SOFT, splitLine: LINE },
      {
        type: 'value',
        gridIndex: 1,
        min: 0,
        max: 1,
        interval: 1,
        axisLabel: { ...SOFT, formatter: (n: number) => `${n * 100}%` },
        splitLine: LINE,
        name: text.coverage,
        nameLocation: 'end',
        nameGap: 8,
        nameTextStyle: { ...SOFT, align: 'left', padding: [0, 0, 0, -40] },
      },
    ],
    series: [
      ...stack(rows, text),
      mark(text, rows.map(effective)),
      {
        type: 'bar',
        name: text.coverage,
        xAxisIndex: 1,
        yAxisIndex: 1,
        barMaxWidth: 40,
        barCategoryGap: '25%',
        itemStyle: { color: 'var(--accent)' },
        emphasis: { disabled: true },
        data: rows.map((row) => round(row.coverage)),
      },
    ],
  }
}

/** Room for the numbers of the axis. */
const RANK_BOTTOM = 28
export const rankHeight = (rows: number): number => ROOM_ABOVE + RANK_BOTTOM + Math.max(2, rows) * 30

/** Groups among each other: what one of their instruments did a day. */
export function rankOption(rows: readonly HoursRow[], name: (row: HoursRow) => string, text: ChartText, narrow: boolean): EChartsCoreOption {
  const width = narrow ? 92 : 200
  return {
    animation: false,
    tooltip: tooltip(rows, name, text),
    grid: { left: width + 12, right: 14, top: ROOM_ABOVE, bottom: RANK_BOTTOM },
    xAxis: { type: 'value', min: 0, max: 24, interval: 6, axisLabel: SOFT, splitLine: LINE },
    yAxis: {
      type: 'category',
      inverse: true,
      triggerEvent: true,
      data: rows.map(name),
      axisLine: LINE,
      axisTick: { show: false },
      axisLabel: { ...TEXT, width, overflow: 'truncate', interval: 0 },
    },
    series: [
      ...stack(rows, text),
      {
        ...mark(text, rows.map(effective)),
        lineStyle: { width: 0 },
        label: {
          show: true,
          position: 'right',
          distance: 6,
          formatter: ({ value }: { value: number | null }) => (value === null ? '' : text.hours(value)),
          ...TEXT,
          backgroundColor: 'var(--panel)',
          padding: [2, 4],
          borderRadius: 3,
        },
      } as LineSeriesOption,
    ],
  }
}
