//! Artifacts: what is written is read, what is damaged or foreign is refused with advice.

use dayi_models::artifact::{
    Artifact, ArtifactError, Manifest, Metrics, join, manifest, pack, pack_many, split, unpack, unpack_many,
};
use dayi_models::evaluation::Score;
use dayi_models::network::Weights;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Body {
    scale_a: f64,
    transitions: [[f32; 3]; 3],
}

fn artifact(instrument: &str, seed: u64) -> Artifact<Body> {
    let manifest = Manifest {
        instrument: instrument.to_owned(),
        version: 3,
        model: "trained-v1".into(),
        data_from_ms: 1_700_000_000_000,
        data_to_ms: 1_700_172_800_000,
        labelled_s: 86_400.5,
        seed,
        metrics: Metrics { candidate: Some(Score { accuracy: 0.996, ..Score::default() }), incumbent: None },
        code_version: "0.1.0".into(),
        created_ms: 1_700_180_000_000,
    };
    let body = Body { scale_a: 0.1 + 0.2, transitions: [[0.1, 1e-7, 1.0 / 3.0]; 3] };
    Artifact { manifest, weights: Weights::init(seed), body }
}

fn packed(a: &Artifact<Body>) -> Vec<u8> {
    pack(&a.manifest, &a.weights, &a.body).unwrap()
}

fn read(bytes: &[u8]) -> Result<Artifact<Body>, ArtifactError> {
    unpack(bytes, "lab-7/仪器-1")
}

#[test]
fn what_is_written_is_read() {
    let a = artifact("lab-7/仪器-1", 5);
    let bytes = packed(&a);
    assert_eq!(read(&bytes).unwrap(), a);
    assert_eq!(manifest(&bytes).unwrap(), a.manifest);
    assert_eq!(packed(&a), bytes);
    // Any safetensors reader sees the tensors.
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("output.weight").unwrap().shape(), [16, 3]);
}

/// Characters that JSON escapes in more than one way hide nothing either.
#[test]
fn an_escaped_name_is_covered_too() {
    let a = artifact("\u{1b}\"sha256\":\"\\", 5);
    let bytes = packed(&a);
    assert_eq!(unpack::<Body>(&bytes, "\u{1b}\"sha256\":\"\\").unwrap(), a);
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(unpack::<Body>(&bytes, "\u{1b}\"sha256\":\"\\").is_err(), "bit {bit}");
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    let bytes = packed(&artifact("lab-7/仪器-1", 5));
    for n in 0..bytes.len() {
        assert!(read(&bytes[..n]).is_err(), "{n} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(read(&longer).is_err());
}

#[test]
fn every_single_bit_counts() {
    let bytes = packed(&artifact("lab-7/仪器-1", 5));
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn a_foreign_model_is_refused() {
    let told = read(&packed(&artifact("lab-8", 5))).unwrap_err().to_string();
    assert!(told.contains("`lab-8`") && told.contains("仪器-1") && told.contains("import it there"), "{told}");
}

/// A file made elsewhere, sealed as ours are.
fn forged(description: &str, tensors: &[(&str, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, v)| v.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), data)| (*name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    let metadata = [("dayi".to_owned(), description.to_owned())].into();
    let mut bytes = serialize(views, Some(metadata)).unwrap();
    let mark = br#"\"sha256\":\""#;
    let at = bytes.windows(mark.len()).position(|w| w == mark).unwrap() + mark.len();
    let digest = sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), &bytes));
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    bytes[at..at + 64].copy_from_slice(hex.as_bytes());
    bytes
}

fn description(format: u32) -> String {
    let manifest = serde_json::to_string(&artifact("lab-7/仪器-1", 5).manifest).unwrap();
    let body = serde_json::to_string(&artifact("", 5).body).unwrap();
    let zeros = "0".repeat(64);
    format!(r#"{{"format":{format},"sha256":"{zeros}","manifest":{manifest},"body":{body}}}"#)
}

fn tensors(weights: &[f32]) -> Vec<(&'static str, Vec<usize>, Vec<f32>)> {
    vec![
        ("hidden.weight", vec![16, 16], weights[..256].to_vec()),
        ("hidden.bias", vec![16], weights[256..272].to_vec()),
        ("output.weight", vec![16, 3], weights[272..320].to_vec()),
        ("output.bias", vec![3], weights[320..].to_vec()),
    ]
}

#[test]
fn what_was_made_elsewhere_is_checked_as_well() {
    let mut weights: Vec<f32> = Weights::init(5).into();
    assert_eq!(read(&forged(&description(1), &tensors(&weights))).unwrap(), artifact("lab-7/仪器-1", 5));

    let newer = read(&forged(&description(2), &tensors(&weights))).unwrap_err();
    assert_eq!(newer, ArtifactError::Format { found: 2 });
    assert!(newer.to_string().contains("upgrade"));

    let mut shape = tensors(&weights);
    shape[2].1 = vec![3, 16];
    let told = read(&forged(&description(1), &shape)).unwrap_err().to_string();
    assert!(told.contains("`output.weight`") && told.contains("[3, 16]") && told.contains("train it anew"), "{told}");
    let missing = read(&forged(&description(1), &tensors(&weights)[1..])).unwrap_err();
    assert!(matches!(missing, ArtifactError::Shape { tensor: "hidden.weight", .. }));

    weights[300] = f32::NAN;
    let told = read(&forged(&description(1), &tensors(&weights))).unwrap_err().to_string();
    assert!(told.contains("weight 300 is not a finite number"), "{told}");

    let other = description(1).replace("scale_a", "scale_b");
    assert!(matches!(read(&forged(&other, &tensors(Weights::init(5).as_slice()))), Err(ArtifactError::Content(_))));
}

#[test]
fn figures_that_json_cannot_hold_are_not_written() {
    let mut a = artifact("x", 5);
    a.manifest.labelled_s = f64::NAN;
    assert!(matches!(pack(&a.manifest, &a.weights, &a.body), Err(ArtifactError::Content(_))));
}

#[test]
fn a_bundle_keeps_them_all_and_a_broken_one_holds_up_no_other() {
    let fleet: Vec<_> = (0..20).map(|i| artifact(&format!("i-{i}"), i)).collect();
    let bytes = pack_many(&fleet).unwrap();
    let back: Vec<_> = unpack_many::<Body>(&bytes).unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(back, fleet);

    let mut parts: Vec<Vec<u8>> = split(&bytes).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(join(&parts), bytes);
    *parts[7].last_mut().unwrap() ^= 1;
    let back = unpack_many::<Body>(&join(&parts)).unwrap();
    assert_eq!(back[7], Err(ArtifactError::Damaged));
    assert_eq!(back.iter().filter(|a| a.is_ok()).count(), 19);

    for n in 0..bytes.len().min(4_000) {
        assert!(split(&bytes[..n]).is_err());
    }
    assert!(split(&[bytes.as_slice(), b"x"].concat()).is_err());
    assert!(unpack_many::<Body>(b"DAYIMDL1\xff\xff\xff\xff").is_err());
    assert_eq!(unpack_many::<Body>(&pack_many::<Body>(&[]).unwrap()).unwrap(), []);
}

proptest! {
    #[test]
    fn any_damage_is_an_error(seed: u64, flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let original = packed(&artifact("lab-7/仪器-1", seed));
        let mut bytes = original.clone();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        if bytes != original {
            prop_assert!(read(&bytes).is_err());
            let _ = unpack_many::<Body>(&join(&[&bytes]));
        }
    }

    #[test]
    fn any_bytes_are_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 0_u64..400) {
        prop_assert!(read(&bytes).is_err());
        let with_size = [&size.to_le_bytes()[..], b"{", &bytes].concat();
        prop_assert!(read(&with_size).is_err());
        prop_assert!(split(&bytes).is_err());
    }
}
