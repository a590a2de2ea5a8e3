/** How the system's Chromium is started: without a GPU, as in CI, and without calling home. */
export default {
  executablePath: process.env.DAYI_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
}
