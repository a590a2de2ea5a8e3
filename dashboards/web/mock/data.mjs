/** Ten thousand made-up instruments in the eleven prefecture-level cities of Zhejiang, the same in every run. */

const CITIES = [
  ['杭州市', 'Hangzhou', 0.36], ['宁波市', 'Ningbo', 0.17], ['温州市', 'Wenzhou', 0.1], ['金华市', 'Jinhua', 0.07],
  ['绍兴市', 'Shaoxing', 0.07], ['嘉兴市', 'Jiaxing', 0.06], ['台州市', 'Taizhou', 0.05], ['湖州市', 'Huzhou', 0.045],
  ['舟山市', 'Zhoushan', 0.03], ['丽水市', 'Lishui', 0.025], ['衢州市', 'Quzhou', 0.02],
]
const KINDS = [
  ['大学', 'University', 260], ['理工学院', 'Institute of Technology', 150], ['医学院附属医院', 'Medical School Hospital', 90],
  ['新材料研究院', 'Institute of New Materials', 70], ['农业科学院', 'Academy of Agricultural Sciences', 60],
  ['检验检测中心', 'Testing Centre', 45], ['生物医药产业园', 'Biomedical Park', 35], ['海洋研究所', 'Institute of Oceanology', 25],
  ['计量院', 'Institute of Metrology', 18], ['光电实验室', 'Photonics Laboratory', 12], ['职业技术学院', 'Polytechnic', 8],
  ['环境监测站', 'Environmental Station', 5],
]
const CLASSES = [
  ['扫描电子显微镜', 'Scanning electron microscope', '电子显微', '蔡司', 'Sigma 360', 12],
  ['透射电子显微镜', 'Transmission electron microscope', '电子显微', '日立', 'HT7800', 16],
  ['X 射线衍射仪', 'X-ray diffractometer', '射线', '理学', 'SmartLab SE', 20],
  ['核磁共振波谱仪', 'NMR spectrometer', '波谱', '布鲁克', 'Avance Neo 600', 16],
  ['液相色谱-质谱联用仪', 'LC-MS', '质谱', '赛默飞', 'Orbitrap Exploris 240', 10],
  ['气相色谱仪', 'Gas chromatograph', '色谱', '安捷伦', '8890', 10],
  ['激光共聚焦显微镜', 'Confocal microscope', '光学显微', '徕卡', 'Stellaris 5', 10],
  ['流式细胞仪', 'Flow cytometer', '生物', '贝克曼', 'CytoFLEX', 6],
  ['电感耦合等离子体质谱仪', 'ICP-MS', '质谱', '珀金埃尔默', 'NexION 2200', 16],
  ['万能材料试验机', 'Universal testing machine', '力学', '英斯特朗', '5982', 10],
]

/** A small repeatable generator (mulberry32). */
export function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const STATES = ['unknown', 'offline', 'off', 'standby', 'on']

export function drawState(random) {
  const r = random()
  return r < 0.42 ? 4 : r < 0.68 ? 3 : r < 0.94 ? 2 : r < 0.995 ? 1 : 0
}

export function makeFleet(count, now) {
  const random = generator(7)
  const institutions = []
  const instruments = []
  for (const [city, cityEn, part] of CITIES) {
    let left = Math.round(count * part)
    for (let k = 0; left > 0; k++) {
      const [kind, kindEn, size] = KINDS[k % KINDS.length]
      const round = Math.floor(k / KINDS.length)
      const place = city.slice(0, -1)
      const suffix = round === 0 ? '' : `第${'一二三四五六七八九十'[round] ?? round}`
      const at = institutions.push({
        id: `org-${institutions.length}`,
        name: `${place}${suffix}${kind}`,
        name_en: `${cityEn} ${round ? `No. ${round + 1} ` : ''}${kindEn}`,
        city,
        city_en: cityEn,
      }) - 1
      const n = Math.min(left, Math.max(1, Math.round(size * part * 4 * (0.5 + random()))))
      for (let j = 0; j < n; j++) {
        const c = CLASSES[Math.floor(random() * CLASSES.length)]
        const state = drawState(random)
        instruments.push({
          id: `zj-${String(instruments.length).padStart(5, '0')}`,
          name: `${c[0]} ${j + 1} 号`,
          name_en: `${c[1]} ${j + 1}`,
          institution: at,
          class: c[2], maker: c[3], model: c[4], rated: c[5],
          state,
          since: now - Math.floor(random() ** 3 * 86_400_000 * 3) - 5000,
          seq: 1 + Math.floor(random() * 400),
          confidence: 0.8 + random() * 0.199,
        })
      }
      left -= n
    }
  }
  instruments.length = Math.min(instruments.length, count)
  return { institutions, instruments }
}

/** A current that looks like the state: noise on top of a level, with a slow load cycle while on. */
export function currentAt(instrument, t) {
  const noise = Math.sin(t / 977) * 0.03 + Math.sin(t / 3131 + instrument.seq) * 0.04
  switch (instrument.state) {
    case 4: return Math.max(0, instrument.rated * (0.55 + 0.18 * Math.sin(t / 21_000) + (Math.floor(t / 15_000) % 3 === 0 ? 0.12 : 0) + noise))
    case 3: return Math.max(0, instrument.rated * (0.12 + noise * 0.2))
    case 2: return Math.max(0, 0.01 + noise * 0.02)
    default: return 0
  }
}
