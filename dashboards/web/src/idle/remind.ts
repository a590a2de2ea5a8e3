import type { Contact } from '@/api/fleet'

/** One idle instrument of those that somebody is to be told of, in words already. */
export interface Told {
  id: string
  line: string
  contacts: readonly Contact[]
}

export interface Recipient {
  contact: Contact
  /** What they are asked about. */
  told: Told[]
}

const keyOf = ({ name, phone = '', email = '' }: Contact) => `${email.toLowerCase() || phone.replace(/\D/g, '') || name}`

/** Each person once, with all that they look after, whoever has most first; and what nobody looks after. */
export function recipientsOf(told: readonly Told[]): { people: Recipient[]; nobody: Told[] } {
  const people = new Map<string, Recipient>()
  for (const one of told) {
    for (const contact of one.contacts) {
      const key = keyOf(contact)
      const known = people.get(key)
      if (!known) people.set(key, { contact, told: [one] })
      else if (!known.told.includes(one)) known.told.push(one)
    }
  }
  return {
    people: [...people.values()].sort((a, b) => b.told.length - a.told.length),
    nobody: told.filter((one) => !one.contacts.length),
  }
}

/** Mail programs cut longer addresses. */
export const LONGEST_MAILTO = 1900

/** A mail that is ready but for being sent. Of a long text the last lines are left out, and `more` says so. */
export function mailtoOf(email: string, subject: string, text: string, more: string): string {
  const lines = text.split('\n')
  const address = (body: readonly string[]) => `mailto:${encodeURIComponent(email).replace('%40', '@')}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body.join('\r\n'))}`
  let found = address(lines)
  for (let n = lines.length - 1; found.length > LONGEST_MAILTO && n >= 0; n--) found = address([...lines.slice(0, n), more])
  return found
}

/** A number as telephones dial it; null where it is none. */
export function telOf(phone: string | undefined): string | null {
  const digits = (phone ?? '').replace(/[^\d+*#]/g, '')
  return digits.replace(/\D/g, '').length >= 3 ? `tel:${digits}` : null
}
