import type { components } from './schema'
import { http, unwrap } from './client'

/** What the pages of administration and of the import ask of the server. */
type Schemas = components['schemas']
export type Unit = Schemas['Unit']
export type UnitKind = Schemas['UnitKind']
export type NewUnit = Schemas['NewUnit']
export type UnitPatch = Schemas['UnitPatch']
export type OpeningHours = Schemas['OpeningHours']
export type Account = Schemas['Account']
export type AccountPage = Schemas['AccountPage']
export type AccountGrant = Schemas['AccountGrant']
export type NewAccount = Schemas['NewAccount']
export type AccountEdit = Schemas['AccountEdit']
export type Link = Schemas['Link']
export type Token = Schemas['TokenView']
export type NewToken = Schemas['NewToken']
export type AddedToken = Schemas['AddedToken']
export type Session = Schemas['SessionView']
export type AuditEntry = Schemas['Entry']
export type AuditPage = Schemas['EntryPage']
export type AlertRule = Schemas['AlertRule']
export type AlertLevel = Schemas['AlertLevel']
export type AlertRuleOwn = Schemas['AlertRuleOwn']
export type Maintenance = Schemas['Maintenance']
export type NewMaintenance = Schemas['NewMaintenance']
export type Import = Schemas['Import']
export type ImportPlan = Schemas['ImportPlan']
export type ImportRow = Schemas['ImportRow']
export type ImportApplied = Schemas['ImportApplied']
export type ImportUndone = Schemas['ImportUndone']

export interface AuditQuery {
  account?: string
  operation?: string
  path?: string
  from?: number
  to?: number
  limit?: number
  offset?: number
}

/** What thresholds are set at. */
export interface Place {
  at: 'unit' | 'instrument'
  id: string
}

const byId = (id: string) => ({ params: { path: { id } } })

export const admin = {
  units: () => unwrap(http.GET('/api/v1/units')),
  addUnit: (body: NewUnit) => unwrap(http.POST('/api/v1/units', { body })),
  changeUnit: (unit: Pick<Unit, 'id' | 'version'>, body: UnitPatch) =>
    unwrap(
      http.PATCH('/api/v1/units/{id}', { params: { path: { id: unit.id }, header: { 'If-Match': `"${unit.version}"` } }, body }),
    ),
  deleteUnit: (id: string) => unwrap(http.DELETE('/api/v1/units/{id}', byId(id))),

  accounts: (query: { q?: string; unit?: string; limit?: number; offset?: number }) =>
    unwrap(http.GET('/api/v1/accounts', { params: { query } })),
  account: (account: string) => unwrap(http.GET('/api/v1/accounts/{account}', { params: { path: { account } } })),
  addAccount: (body: NewAccount) => unwrap(http.POST('/api/v1/accounts', { body })),
  editAccount: (account: string, body: AccountEdit) =>
    unwrap(http.PATCH('/api/v1/accounts/{account}', { params: { path: { account } }, body })),
  signInLink: (account: string) => unwrap(http.POST('/api/v1/accounts/{account}/link', { params: { path: { account } } })),

  tokens: (account?: string) => unwrap(http.GET('/api/v1/tokens', { params: { query: { account } } })),
  addToken: (body: NewToken) => unwrap(http.POST('/api/v1/tokens', { body })),
  revokeToken: (token: string) => unwrap(http.DELETE('/api/v1/tokens/{token}', { params: { path: { token } } })),

  sessions: () => unwrap(http.GET('/api/v1/sessions')),
  endSession: (session: string) => unwrap(http.DELETE('/api/v1/sessions/{session}', { params: { path: { session } } })),

  audit: (query: AuditQuery) => unwrap(http.GET('/api/v1/audit', { params: { query } })),

  rules: ({ at, id }: Place) => unwrap(http.GET('/api/v1/alert-rules', { params: { query: { [at]: id } } })),
  setRule: ({ at, id }: Place, kind: string, body: AlertRuleOwn) =>
    at === 'unit'
      ? unwrap(http.PUT('/api/v1/alert-rules/units/{unit}/{kind}', { params: { path: { unit: id, kind } }, body }))
      : unwrap(http.PUT('/api/v1/alert-rules/instruments/{instrument}/{kind}', { params: { path: { instrument: id, kind } }, body })),
  resetRule: ({ at, id }: Place, kind: string) =>
    at === 'unit'
      ? unwrap(http.DELETE('/api/v1/alert-rules/units/{unit}/{kind}', { params: { path: { unit: id, kind } } }))
      : unwrap(http.DELETE('/api/v1/alert-rules/instruments/{instrument}/{kind}', { params: { path: { instrument: id, kind } } })),

  maintenance: (ended_after?: number) => unwrap(http.GET('/api/v1/maintenance', { params: { query: { ended_after } } })),
  plan: (body: NewMaintenance) => unwrap(http.POST('/api/v1/maintenance', { body })),
  cancelMaintenance: (id: string) => unwrap(http.DELETE('/api/v1/maintenance/{id}', byId(id))),

  imports: () => unwrap(http.GET('/api/v1/imports', { params: { query: { limit: 100 } } })),
  import: (id: string) => unwrap(http.GET('/api/v1/imports/{id}', byId(id))),
  applyImport: (id: string, skip_bad: boolean) =>
    unwrap(http.POST('/api/v1/imports/{id}/apply', { params: { path: { id }, query: { skip_bad } } })),
  undoImport: (id: string) => undo(id),
  /** Sends a file as it is; nothing is written yet. */
  readImport: (file: File) =>
    unwrap(
      http.POST('/api/v1/imports', {
        params: { query: { file: file.name } },
        headers: { 'Content-Type': /\.xlsx$/i.test(file.name) ? XLSX : 'text/csv' },
        // The file goes as bytes: the server finds out how it is encoded.
        body: '',
        bodySerializer: () => file,
      }),
    ),
}

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** 409 with a list of what keeps it is an answer here, and not a failure. */
async function undo(id: string): Promise<ImportUndone> {
  const answer = await http.POST('/api/v1/imports/{id}/undo', byId(id))
  const kept = answer.error as unknown as ImportUndone | undefined
  if (answer.response.status === 409 && Array.isArray(kept?.kept)) return kept
  return unwrap(Promise.resolve(answer))
}
