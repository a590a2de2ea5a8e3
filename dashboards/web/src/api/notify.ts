import { http, unwrap, type Ok } from './client'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Channel = Schemas['ChannelView']
export type ChannelTarget = Schemas['ChannelTarget']
export type NewChannel = Schemas['NewChannel']
export type ChannelWithSecret = Schemas['ChannelWithSecret']
export type Tested = Schemas['Tested']
export type Subscription = Schemas['SubscriptionView']
export type Settings = Schemas['SubscriptionSettings']
export type NewSubscription = Schemas['NewSubscription']
export type Delivery = Ok<'/api/v1/deliveries'>['items'][number]
export type Attempt = Schemas['AttemptView']
export type DeliveryQuery = NonNullable<paths['/api/v1/deliveries']['get']['parameters']['query']>

const at = <T>(id: T) => ({ params: { path: { id } } })

export const notifyApi = {
  channels: () => unwrap(http.GET('/api/v1/channels')),
  addChannel: (body: NewChannel) => unwrap(http.POST('/api/v1/channels', { body })),
  changeChannel: (id: string, body: NewChannel) => unwrap(http.PUT('/api/v1/channels/{id}', { ...at(id), body })),
  removeChannel: (id: string) => unwrap(http.DELETE('/api/v1/channels/{id}', at(id))),
  newSecret: (id: string) => unwrap(http.POST('/api/v1/channels/{id}/secret', at(id))),
  test: (id: string) => unwrap(http.POST('/api/v1/channels/{id}/test', at(id))),
  subscriptions: () => unwrap(http.GET('/api/v1/subscriptions')),
  subscribe: (body: NewSubscription) => unwrap(http.POST('/api/v1/subscriptions', { body })),
  change: (id: string, body: NewSubscription) => unwrap(http.PUT('/api/v1/subscriptions/{id}', { ...at(id), body })),
  remove: (id: string) => unwrap(http.DELETE('/api/v1/subscriptions/{id}', at(id))),
  replayAll: (id: string) => unwrap(http.POST('/api/v1/subscriptions/{id}/replay', at(id))),
  deliveries: (query: DeliveryQuery) => unwrap(http.GET('/api/v1/deliveries', { params: { query } })),
  attempts: (id: number) => unwrap(http.GET('/api/v1/deliveries/{id}/attempts', at(id))),
  /** The page's own list, as far back as one answer goes. */
  list: () => unwrap(http.GET('/api/v1/notifications', { params: { query: { limit: 1000 } } })),
  replay: (id: number) => unwrap(http.POST('/api/v1/deliveries/{id}/replay', at(id))),
}
