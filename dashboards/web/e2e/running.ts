import { expect, type APIRequestContext } from '@playwright/test'

/** An instrument that is on: a server that has just started has none at first. */
export async function runningInstrument(request: APIRequestContext): Promise<string> {
  let id = ''
  const find = async () => {
    const response = await request.get('/api/v1/instruments', { params: { limit: 1, state: 'on' } })
    id = ((await response.json()) as { items: { id: string }[] }).items[0]?.id ?? ''
    return id
  }
  await expect.poll(find, { timeout: 60_000 }).not.toBe('')
  return id
}
