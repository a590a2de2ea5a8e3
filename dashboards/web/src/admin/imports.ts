import type { ImportPlan, ImportRow } from '@/api/admin'

export const MOST_BYTES = 10 * 1024 * 1024
export const OUTCOMES = ['wrong', 'added', 'changed', 'unchanged'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Why a file is not sent; null where it may be. */
export function unfit(file: { name: string; size: number }): 'kind' | 'size' | 'empty' | null {
  if (!/\.(xlsx|csv|txt|tsv)$/i.test(file.name)) return 'kind'
  if (file.size === 0) return 'empty'
  return file.size > MOST_BYTES ? 'size' : null
}

/** The outcome that the report is first opened at: what is wrong if anything is, else all. */
export function firstFilter(plan: Pick<ImportPlan, 'wrong'>): Outcome | '' {
  return plan.wrong > 0 ? 'wrong' : ''
}

export function rowsFor(plan: Pick<ImportPlan, 'rows'>, outcome: string): ImportRow[] {
  return outcome ? plan.rows.filter((row) => row.outcome === outcome) : plan.rows
}

/** What applying would do: nothing to do, all of it, only with the bad rows left out, or it is not to be applied any more. */
export function applyWay(plan: ImportPlan): 'done' | 'nothing' | 'all' | 'skip' {
  if (plan.import.status !== 'read') return 'done'
  if (plan.added + plan.changed === 0) return 'nothing'
  return plan.wrong > 0 ? 'skip' : 'all'
}

/** Columns of the file by the names of the template. */
export const COLUMNS: Record<string, string> = {
  id: '仪器编号',
  name: '仪器名称',
  name_en: '英文名称',
  unit: '单位代码',
  institution: '单位名称',
  laboratory: '实验室',
  asset: '资产编号',
  gov: '统一编号',
  sn: '序列号',
  dayi: '大仪编号',
  class: '分类代码',
  maker: '生产厂商',
  model: '型号',
  serial: '出厂编号',
  rated_current_a: '额定电流',
  value_yuan: '原值',
  imported: '是否进口',
  purchased_on: '购置日期',
  commissioned_on: '启用日期',
  building: '楼宇',
  room: '房间号',
  opening: '开放时间',
  contact: '联系人',
  phone: '联系电话',
  email: '电子邮箱',
  codes: '编号',
  contacts: '联系人',
}

/** A column in the reader's language; one of a scheme of one's own stays. */
export const columnName = (name: string, english: boolean): string => (english ? name : (COLUMNS[name] ?? name))

/** What the server says of a row, in Chinese: its words are English. What is not known stays as it is. */
const WORDS: [RegExp, string][] = [
  [/^(".*") is no number$/, '$1 不是数字'],
  [/^(".*") is no value in yuan$/, '$1 不是以元为单位的整数金额'],
  [/^(".*") is neither 是 \(yes\) nor 否 \(no\)$/, '$1 应填“是”或“否”'],
  [/^(".*") is no date: write (.*)$/, '$1 不是日期，请写成 $2'],
  [/^(".*") are no opening hours: write (.*)$/, '$1 不是开放时间，请写成 $2'],
  [/^the id is missing$/, '缺少仪器编号'],
  [/^the instrument (.*) twice in one file$/, '仪器 $1 在文件中出现两次'],
  [/^the codes are those of different instruments$/, '这些编号属于不同的仪器'],
  [/^there is an instrument of this id or code that you may not change$/, '已有此编号的仪器，但您无权修改它'],
  [/^a new instrument belongs to an institution or a unit$/, '新仪器必须填写所属单位'],
  [/^you may not change instruments of (.*)$/, '您无权修改“$1”的仪器'],
  [/^there are several of this name: name its id in the column unit$/, '有多个同名实验室，请在“单位代码”一列填写其代码'],
  [/^there is no laboratory (".*") there: add it first$/, '该单位下没有实验室 $1，请先添加'],
  [/^there are several institutions (".*"): name its id in the column unit$/, '有多个单位叫 $1，请在“单位代码”一列填写其代码'],
  [/^there is no institution (".*") where you may change instruments: add it first$/, '您管理的范围内没有单位 $1，请先添加'],
]

export function mistakeText(message: string, english: boolean): string {
  if (english) return message
  for (const [words, chinese] of WORDS) if (words.test(message)) return message.replace(words, chinese)
  return message
}
