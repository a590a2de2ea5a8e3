/** What a browser calls itself, in two words; empty where it is none of the usual. */
export function browserOf(agent: string): string {
  const systems: [RegExp, string][] = [
    [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux|X11/, 'Linux'],
  ]
  const browsers: [RegExp, string][] = [
    [/MicroMessenger/, 'WeChat'],
    [/DingTalk/, 'DingTalk'],
    [/Edg\//, 'Edge'],
    [/QQBrowser/, 'QQ Browser'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\/|Chromium\//, 'Chrome'],
    [/Safari\//, 'Safari'],
    [/curl\//, 'curl'],
  ]
  const of = (list: [RegExp, string][]) => list.find(([words]) => words.test(agent))?.[1]
  return [of(browsers), of(systems)].filter(Boolean).join(' · ')
}
