import { describe, expect, it } from 'vitest'
import { LONGEST_MAILTO, mailtoOf, recipientsOf, telOf } from '@/idle/remind'

const wang = { name: '王老师', phone: '0571-88', email: 'W@example.org' }
const told = (id: string, contacts: { name: string; phone?: string; email?: string }[]) => ({ id, line: id, contacts })

describe('who is told of idle instruments', () => {
  it('is told once of all that is theirs, whoever has most first', () => {
    const li = { name: '李' }
    const { people, nobody } = recipientsOf([told('a', [li]), told('b', [wang]), told('c', [{ ...wang, email: 'w@EXAMPLE.org' }, wang]), told('d', [])])
    expect(people.map((one) => [one.contact.name, one.told.map((t) => t.id)])).toEqual([
      ['王老师', ['b', 'c']],
      ['李', ['a']],
    ])
    expect(nobody.map((t) => t.id)).toEqual(['d'])
  })

  it('gets a mail that mail programs take', () => {
    const short = mailtoOf('w@example.org', '提醒', '一\n二', 'more')
    expect(short).toBe(`mailto:w@example.org?subject=${encodeURIComponent('提醒')}&body=${encodeURIComponent('一\r\n二')}`)
    expect(mailtoOf('a?cc=x@b', 's', 't', '')).toContain('mailto:a%3Fcc%3Dx@b?')
    const long = mailtoOf('w@example.org', '提醒', Array.from({ length: 50 }, (_, n) => `第 ${n} 台仪器`).join('\n'), '其余')
    expect(long.length).toBeLessThanOrEqual(LONGEST_MAILTO)
    expect(decodeURIComponent(long)).toMatch(/第 0 台仪器\r\n.*\r\n其余$/s)
  })

  it('is called where there is a number', () => {
    expect(telOf('0571-8820 1234')).toBe('tel:057188201234')
    expect(telOf('+86 (571) 88')).toBe('tel:+8657188')
    expect(telOf('见通讯录')).toBeNull()
    expect(telOf(undefined)).toBeNull()
  })
})
