//! The kinds of instruments a province owns.

use super::institutions::Sector;

/// What an instrument's current shows beside off, standby and on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trait {
    /// Nothing more.
    Plain,
    /// A chiller or pump that switches in standby and in a run.
    Compressor,
    /// A heater or a rotor that switches within a run.
    Cyclic,
    /// Cooled around the clock: never off, with a compressor.
    Cryogenic,
}

/// A kind of instrument.
pub(super) struct Kind {
    /// Six digits in the manner of GB/T 32847.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) name_en: &'static str,
    /// Rated currents of this kind, lowest and highest, in ampere.
    pub(super) rated_a: (f32, f32),
    /// A usual run, in minutes.
    pub(super) run_min: f32,
    pub(super) shows: Trait,
    /// How common it is at a university, an institute, a hospital and a company.
    common: [f32; 4],
}

impl Kind {
    pub(super) fn common_at(&self, sector: Sector) -> f32 {
        self.common[match sector {
            Sector::University => 0,
            Sector::Institute => 1,
            Sector::Hospital => 2,
            Sector::Company => 3,
        }]
    }
}

const fn kind(
    class: &'static str,
    (name, name_en): (&'static str, &'static str),
    rated_a: (f32, f32),
    run_min: f32,
    shows: Trait,
    common: [f32; 4],
) -> Kind {
    Kind { class, name, name_en, rated_a, run_min, shows, common }
}

use Trait::{Compressor, Cryogenic, Cyclic, Plain};

pub(super) const KINDS: [Kind; 42] = [
    kind(
        "010101",
        ("透射电子显微镜", "Transmission electron microscope"),
        (16.0, 40.0),
        70.0,
        Compressor,
        [3.0, 2.0, 0.5, 0.6],
    ),
    kind(
        "010102",
        ("场发射扫描电镜", "Field-emission scanning electron microscope"),
        (10.0, 25.0),
        40.0,
        Compressor,
        [6.0, 4.0, 0.5, 3.0],
    ),
    kind(
        "010103",
        ("钨灯丝扫描电镜", "Tungsten scanning electron microscope"),
        (8.0, 16.0),
        25.0,
        Compressor,
        [4.0, 3.0, 0.3, 3.0],
    ),
    kind(
        "010104",
        ("聚焦离子束双束电镜", "Focused ion beam dual-beam microscope"),
        (16.0, 32.0),
        90.0,
        Compressor,
        [1.0, 1.0, 0.0, 1.5],
    ),
    kind(
        "010105",
        ("电子探针显微分析仪", "Electron probe microanalyser"),
        (16.0, 30.0),
        60.0,
        Compressor,
        [0.8, 1.0, 0.0, 0.3],
    ),
    kind(
        "010106",
        ("冷冻透射电镜", "Cryogenic transmission electron microscope"),
        (32.0, 63.0),
        240.0,
        Cryogenic,
        [0.4, 0.2, 0.1, 0.1],
    ),
    kind(
        "010201",
        ("气相色谱质谱联用仪", "Gas chromatograph-mass spectrometer"),
        (10.0, 18.0),
        35.0,
        Cyclic,
        [5.0, 6.0, 2.0, 5.0],
    ),
    kind(
        "010202",
        ("液相色谱质谱联用仪", "Liquid chromatograph-mass spectrometer"),
        (12.0, 25.0),
        45.0,
        Compressor,
        [5.0, 6.0, 4.0, 5.0],
    ),
    kind(
        "010203",
        ("电感耦合等离子体质谱仪", "Inductively coupled plasma mass spectrometer"),
        (20.0, 40.0),
        30.0,
        Compressor,
        [2.0, 4.0, 1.5, 2.5],
    ),
    kind(
        "010204",
        ("飞行时间质谱仪", "Time-of-flight mass spectrometer"),
        (10.0, 16.0),
        20.0,
        Compressor,
        [1.5, 1.0, 2.5, 0.6],
    ),
    kind(
        "010205",
        ("同位素比质谱仪", "Isotope ratio mass spectrometer"),
        (12.0, 20.0),
        60.0,
        Plain,
        [0.8, 1.2, 0.0, 0.1],
    ),
    kind("010301", ("X射线衍射仪", "X-ray diffractometer"), (16.0, 32.0), 20.0, Compressor, [5.0, 3.0, 0.1, 3.0]),
    kind(
        "010302",
        ("X射线荧光光谱仪", "X-ray fluorescence spectrometer"),
        (12.0, 25.0),
        10.0,
        Compressor,
        [2.0, 3.0, 0.0, 3.0],
    ),
    kind(
        "010303",
        ("X射线光电子能谱仪", "X-ray photoelectron spectrometer"),
        (16.0, 32.0),
        60.0,
        Compressor,
        [2.0, 1.0, 0.0, 0.6],
    ),
    kind(
        "010304",
        ("单晶X射线衍射仪", "Single-crystal X-ray diffractometer"),
        (16.0, 25.0),
        150.0,
        Compressor,
        [1.0, 0.5, 0.0, 0.2],
    ),
    kind("010305", ("显微CT", "Micro computed tomograph"), (10.0, 20.0), 45.0, Plain, [1.5, 1.0, 1.0, 1.0]),
    kind(
        "010401",
        ("傅里叶变换红外光谱仪", "Fourier-transform infrared spectrometer"),
        (2.0, 4.0),
        8.0,
        Plain,
        [5.0, 4.0, 0.5, 4.0],
    ),
    kind("010402", ("激光拉曼光谱仪", "Laser Raman spectrometer"), (4.0, 10.0), 20.0, Plain, [3.0, 2.0, 0.2, 1.5]),
    kind(
        "010403",
        ("紫外可见分光光度计", "UV-visible spectrophotometer"),
        (2.0, 3.0),
        7.0,
        Plain,
        [5.0, 4.0, 2.0, 4.0],
    ),
    kind("010404", ("荧光光谱仪", "Fluorescence spectrometer"), (3.0, 6.0), 12.0, Plain, [3.0, 1.5, 0.6, 1.0]),
    kind(
        "010405",
        ("原子吸收光谱仪", "Atomic absorption spectrometer"),
        (10.0, 25.0),
        15.0,
        Cyclic,
        [2.5, 4.0, 1.5, 3.0],
    ),
    kind(
        "010406",
        ("电感耦合等离子体发射光谱仪", "ICP optical emission spectrometer"),
        (16.0, 32.0),
        25.0,
        Compressor,
        [2.5, 3.0, 0.5, 3.0],
    ),
    kind("010501", ("气相色谱仪", "Gas chromatograph"), (10.0, 15.0), 30.0, Cyclic, [6.0, 6.0, 1.5, 7.0]),
    kind(
        "010502",
        ("超高效液相色谱仪", "Ultra-high-performance liquid chromatograph"),
        (5.0, 10.0),
        35.0,
        Plain,
        [7.0, 7.0, 4.0, 8.0],
    ),
    kind("010503", ("离子色谱仪", "Ion chromatograph"), (4.0, 8.0), 25.0, Plain, [2.5, 4.0, 0.6, 2.5]),
    kind(
        "010601",
        ("核磁共振波谱仪", "Nuclear magnetic resonance spectrometer"),
        (20.0, 40.0),
        15.0,
        Cryogenic,
        [3.0, 1.5, 0.2, 1.0],
    ),
    kind(
        "010602",
        ("电子顺磁共振波谱仪", "Electron paramagnetic resonance spectrometer"),
        (25.0, 45.0),
        30.0,
        Cryogenic,
        [0.8, 0.3, 0.0, 0.0],
    ),
    kind("010701", ("电化学工作站", "Electrochemical workstation"), (2.0, 4.0), 40.0, Plain, [4.0, 1.5, 0.2, 2.5]),
    kind(
        "010801",
        ("激光共聚焦显微镜", "Confocal laser scanning microscope"),
        (8.0, 16.0),
        30.0,
        Plain,
        [4.0, 1.0, 3.0, 0.5],
    ),
    kind("010802", ("原子力显微镜", "Atomic force microscope"), (3.0, 6.0), 35.0, Plain, [3.0, 1.0, 0.0, 0.8]),
    kind(
        "010803",
        ("超分辨荧光显微镜", "Super-resolution fluorescence microscope"),
        (8.0, 16.0),
        45.0,
        Plain,
        [1.0, 0.3, 0.8, 0.1],
    ),
    kind(
        "010901",
        ("差示扫描量热仪", "Differential scanning calorimeter"),
        (4.0, 8.0),
        40.0,
        Cyclic,
        [3.0, 2.0, 0.1, 2.5],
    ),
    kind("010902", ("同步热分析仪", "Simultaneous thermal analyser"), (8.0, 16.0), 60.0, Cyclic, [2.5, 2.0, 0.0, 2.0]),
    kind(
        "011001",
        ("高通量基因测序仪", "High-throughput gene sequencer"),
        (8.0, 16.0),
        300.0,
        Plain,
        [1.2, 1.2, 4.0, 1.5],
    ),
    kind("011002", ("流式细胞仪", "Flow cytometer"), (6.0, 12.0), 15.0, Compressor, [2.5, 1.0, 5.0, 1.0]),
    kind(
        "011003",
        ("实时荧光定量PCR仪", "Real-time quantitative PCR instrument"),
        (4.0, 8.0),
        50.0,
        Cyclic,
        [5.0, 3.0, 8.0, 2.5],
    ),
    kind(
        "011004",
        ("超速冷冻离心机", "Refrigerated ultracentrifuge"),
        (16.0, 30.0),
        60.0,
        Compressor,
        [3.0, 1.5, 3.0, 1.5],
    ),
    kind("011201", ("冷冻干燥机", "Freeze dryer"), (10.0, 20.0), 420.0, Compressor, [2.5, 2.0, 1.0, 2.5]),
    kind("011202", ("微波消解仪", "Microwave digestion system"), (10.0, 16.0), 25.0, Cyclic, [2.0, 4.0, 0.6, 2.5]),
    kind("020101", ("电子万能试验机", "Universal testing machine"), (6.0, 16.0), 9.0, Plain, [3.0, 2.5, 0.0, 4.0]),
    kind("020501", ("激光粒度分析仪", "Laser particle size analyser"), (2.0, 4.0), 6.0, Plain, [2.5, 2.0, 0.1, 2.5]),
    kind(
        "120101",
        ("磁控溅射镀膜机", "Magnetron sputtering system"),
        (25.0, 60.0),
        80.0,
        Compressor,
        [2.0, 0.8, 0.0, 2.0],
    ),
];
