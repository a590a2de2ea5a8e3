import { ApiError } from '@/api/client'

/** Which message says why a request failed; without one the server's own words do. */
export function problemKey(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null
  switch (error.status) {
    case 0:
      return 'problem.unreachable'
    case 403:
      return 'problem.forbidden'
    case 404:
      return 'problem.missing'
    case 503:
      return 'problem.busy'
    default:
      return null
  }
}

export function problemText(error: unknown, t: (key: string) => string): string {
  const key = problemKey(error)
  if (key) return t(key)
  return error instanceof Error ? error.message : String(error)
}
