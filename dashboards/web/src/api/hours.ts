import { http, unwrap, type Ok } from './client'
import type { paths } from './schema'

export type HoursPage = Ok<'/api/v1/hours'>
export type HoursRow = HoursPage['items'][number]
export type HoursQuery = NonNullable<paths['/api/v1/hours']['get']['parameters']['query']>
export type HoursBy = NonNullable<HoursQuery['by']>
export type HoursPer = NonNullable<HoursQuery['per']>

/** Groups of one answer: the most that the server gives. */
export const PAGE = 1000

export const hoursApi = {
  page: (query: HoursQuery, signal?: AbortSignal) => unwrap(http.GET('/api/v1/hours', { params: { query }, signal })),

  /** Every group, page by page; `came` hears of each page. */
  async rows(query: HoursQuery, signal: AbortSignal, came: () => void): Promise<HoursRow[]> {
    const rows: HoursRow[] = []
    let after: string | undefined
    do {
      const page = await hoursApi.page({ ...query, limit: PAGE, after }, signal)
      rows.push(...page.items)
      after = page.next ?? undefined
      came()
    } while (after !== undefined)
    return rows
  },
}
