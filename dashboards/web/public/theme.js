// Chooses the theme before the first paint. A file of its own: the server's policy allows no inline script.
// The page asks the same function again when somebody chooses or the wall is left (src/theme.ts).
window.dayiTheme = (choice, wall) => {
  if (choice === 'light' || choice === 'dark') return choice
  // A wall screen in a control room is dark, whatever its computer prefers.
  return !wall && matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}
document.documentElement.dataset.theme = window.dayiTheme(
  new URLSearchParams(location.search).get('theme') ?? localStorage.getItem('dayi.theme'),
  location.pathname === '/',
)
