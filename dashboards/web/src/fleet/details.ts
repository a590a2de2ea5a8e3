import type { Instrument } from '@/api/client'
import type { Contact, InstrumentDetails } from '@/api/fleet'
import { read, textOf, USUAL, type OpeningText } from '@/admin/opening'

/** What people say of an instrument, as the form holds it: texts, and rows for codes and contacts. */
export interface Draft {
  name: string
  name_en: string
  unit: string
  class: string
  maker: string
  model: string
  serial: string
  rated: string
  value: string
  imported: '' | 'yes' | 'no'
  purchased_on: string
  commissioned_on: string
  building: string
  room: string
  codes: { scheme: string; code: string }[]
  contacts: Contact[]
  own: boolean
  hours: OpeningText
}

/** Codes that have words of their own; dayi's stays as it is. */
export const SCHEMES = ['asset', 'gov', 'sn'] as const
const OWN = 'dayi'

type Known = Pick<Instrument, keyof InstrumentDetails & keyof Instrument>

export function detailsOf(i: Known & { unit: { id: string } }): InstrumentDetails {
  const { name, name_en, maker, model, serial, building, room, codes, contacts } = i
  return {
    name,
    name_en,
    unit: i.unit.id,
    class: i.class,
    maker,
    model,
    serial,
    rated_current_a: i.rated_current_a ?? null,
    value_yuan: i.value_yuan ?? null,
    imported: i.imported ?? null,
    purchased_on: i.purchased_on ?? null,
    commissioned_on: i.commissioned_on ?? null,
    building,
    room,
    codes,
    contacts,
    opening: i.opening ?? null,
  }
}

export const EMPTY: InstrumentDetails = {
  name: '',
  name_en: '',
  unit: '',
  class: '',
  maker: '',
  model: '',
  serial: '',
  rated_current_a: null,
  value_yuan: null,
  imported: null,
  purchased_on: null,
  commissioned_on: null,
  building: '',
  room: '',
  codes: {},
  contacts: [],
  opening: null,
}

export function draftOf(d: InstrumentDetails): Draft {
  const { codes } = d
  const others = Object.keys(codes).filter((scheme) => scheme !== OWN && !SCHEMES.some((known) => known === scheme))
  const { name, name_en, unit, maker, model, serial, building, room } = d
  return {
    name,
    name_en,
    unit,
    class: d.class,
    maker,
    model,
    serial,
    rated: d.rated_current_a === null ? '' : String(d.rated_current_a),
    value: d.value_yuan === null ? '' : String(d.value_yuan),
    imported: d.imported === null ? '' : d.imported ? 'yes' : 'no',
    purchased_on: d.purchased_on ?? '',
    commissioned_on: d.commissioned_on ?? '',
    building,
    room,
    codes: [...SCHEMES, ...others].map((scheme) => ({ scheme, code: codes[scheme] ?? '' })),
    contacts: d.contacts.map(({ name: who, role = '', phone = '', email = '' }) => ({ name: who, role, phone, email })),
    own: !!d.opening,
    hours: textOf(d.opening ?? USUAL),
  }
}

export type Wrong = { field: 'rated' | 'value' | 'opening' | 'scheme' | 'contact' | 'name' | 'unit'; text: string }

const numberOf = (text: string) => Number(text.trim().replace(/[,，\s]/g, ''))

/** What the form says, or the first thing that is wrong with it. `dayi` is the code that is not typed. */
export function readDraft(f: Draft, dayi?: string): { details: InstrumentDetails } | { wrong: Wrong } {
  const wrong = (field: Wrong['field'], text: string) => ({ wrong: { field, text } })
  if (!f.name.trim()) return wrong('name', '')
  if (!f.unit) return wrong('unit', '')
  const rated = f.rated.trim() ? numberOf(f.rated) : null
  if (rated !== null && !(rated > 0 && rated <= 10_000)) return wrong('rated', f.rated)
  const value = f.value.trim() ? numberOf(f.value) : null
  if (value !== null && !(Number.isInteger(value) && value >= 0)) return wrong('value', f.value)
  const codes: Record<string, string> = dayi ? { [OWN]: dayi } : {}
  for (const { scheme, code } of f.codes) {
    if (!code.trim()) continue
    if (!/^[a-z0-9-]+$/.test(scheme.trim()) || codes[scheme.trim()] !== undefined) return wrong('scheme', scheme)
    codes[scheme.trim()] = code.trim()
  }
  const contacts = f.contacts
    .map(({ name, role = '', phone = '', email = '' }) => ({ name: name.trim(), role: role.trim(), phone: phone.trim(), email: email.trim() }))
    .filter((contact) => Object.values(contact).some(Boolean))
  if (contacts.some((contact) => !contact.name)) return wrong('contact', '')
  let opening: InstrumentDetails['opening'] = null
  if (f.own) {
    const hours = read(f.hours)
    if ('wrong' in hours) return wrong('opening', hours.wrong)
    opening = hours.opening
  }
  return {
    details: {
      name: f.name.trim(),
      name_en: f.name_en.trim(),
      unit: f.unit,
      class: f.class.trim(),
      maker: f.maker.trim(),
      model: f.model.trim(),
      serial: f.serial.trim(),
      rated_current_a: rated,
      value_yuan: value,
      imported: f.imported === '' ? null : f.imported === 'yes',
      purchased_on: f.purchased_on || null,
      commissioned_on: f.commissioned_on || null,
      building: f.building.trim(),
      room: f.room.trim(),
      codes,
      contacts,
      opening,
    },
  }
}

type Json = unknown
type Fields = Record<string, Json>
const isFields = (value: Json): value is Fields => value !== null && typeof value === 'object' && !Array.isArray(value)
const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b)

/** The merge patch (RFC 7396) that makes `after` of `before`. */
export function patchOf(before: Fields, after: Fields): Fields {
  const patch: Fields = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key] ?? null, after[key] ?? null]
    if (isFields(was) && isFields(is)) {
      const inner = patchOf(was, is)
      if (Object.keys(inner).length) patch[key] = inner
    } else if (!same(was, is)) patch[key] = is
  }
  return patch
}

/** What becomes of `before` by the patch. */
export function patched(before: Fields, patch: Fields): Fields {
  const after: Fields = { ...before }
  for (const [key, value] of Object.entries(patch)) {
    const was = after[key]
    if (value === null) delete after[key]
    else after[key] = isFields(value) ? patched(isFields(was) ? was : {}, value) : value
  }
  return after
}

/** Fields that both changed since they were the same: the later one to save decides. */
export const clashes = (mine: Fields, theirs: Fields): string[] => Object.keys(mine).filter((key) => key in theirs)
