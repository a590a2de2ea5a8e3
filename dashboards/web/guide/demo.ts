import { expect, type APIRequestContext } from '@playwright/test'
import { UNIT, type Who } from './shots'

/** The guide's own people, besides those of every demo. */
export const MANAGER = { login: 'zhao.min', name: '赵敏', language: 'zh', grants: [{ role: 'institution-manager', unit: UNIT }] }

/** A client that nothing is bound to yet. */
export const GATEWAY = 'gateway-7'

export interface Listed<T> {
  items: T[]
}

/** The API, as the administrator or whose token it is. */
export function api(request: APIRequestContext, token = process.env.DAYI_TOKEN) {
  const authorization = { Authorization: `Bearer ${token}` }
  const send = async <T>(method: string, path: string, data?: unknown, headers = {}): Promise<T> => {
    const response = await request.fetch(`/api/v1/${path}`, { method, data, headers: { ...authorization, ...headers } })
    expect(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`).toBe(true)
    return (await response.json()) as T
  }
  return {
    get: <T>(path: string) => send<T>('GET', path),
    post: <T>(path: string, data: unknown = {}) => send<T>('POST', path, data),
    put: <T>(path: string, data: unknown) => send<T>('PUT', path, data),
    patch: <T>(path: string, version: number, data: unknown) => send<T>('PATCH', path, data, { 'If-Match': `"${version}"` }),
  }
}

/** The ids of those who look. */
export async function people(request: APIRequestContext): Promise<Record<Exclude<Who, null>, string>> {
  const { items } = await api(request).get<Listed<{ id: string; login: string }>>('accounts?limit=100')
  const of = (login: string) => items.find((account) => account.login === login)!.id
  return { admin: of('admin'), wall: of('wall'), manager: of(MANAGER.login) }
}
