/**
 * Colours of the states, by wire code. Chosen to stay apart for red-green and blue-yellow blindness and in lightness;
 * the glyph says the same a second time, so nothing depends on colour alone.
 */
export const STATE_COLORS = ['#6b7a90', '#ff6b81', '#7d93b2', '#f2b134', '#2cc5a3'] as const

export const WALL = {
  background: '#0a111e',
  city: '#0e1728',
  block: '#131f34',
  cityText: '#e8eef7',
  countText: '#a9b8ce',
  blockText: '#93a4bd',
  flash: '#ffffff',
} as const

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'
