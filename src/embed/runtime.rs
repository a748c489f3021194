//! ONNX Runtime: one library and one environment in a process, shared by every model.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

use super::EmbedError;

/// The library's file name in the runtime directory.
pub const LIBRARY: &str = if cfg!(target_os = "windows") {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// ONNX Runtime allows one environment in a process, for as long as the process lives.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The process's environment, made from the library in `directory` at the first call (12 to 17 ms). Later calls get
/// the same one, whatever library they name, as long as it exists.
pub(super) fn environment(directory: &Path) -> Result<Environment, EmbedError> {
    let library = library_in(directory)?;
    let mut made = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*made {
        return Ok(environment.clone());
    }
    let environment = load(&library)?;
    *made = Some(environment.clone());
    Ok(environment)
}

/// Whether the library is there; nothing is opened.
pub fn is_installed(directory: &Path) -> bool {
    directory.join(LIBRARY).is_file()
}

/// The library's absolute path: a bare name would let the system pick another copy.
fn library_in(directory: &Path) -> Result<PathBuf, EmbedError> {
    let path = directory.join(LIBRARY);
    let path = std::path::absolute(&path).map_err(EmbedError::io("find", &path))?;
    if path.is_file() { Ok(path) } else { Err(EmbedError::RuntimeMissing { path }) }
}

fn load(library: &Path) -> Result<Environment, EmbedError> {
    let unusable = |reason: String| EmbedError::RuntimeUnusable { path: library.to_owned(), reason };
    let builder = ort::init_from(library).map_err(|error| unusable(error.to_string()))?;
    builder.with_telemetry(false).build().map_err(|error| unusable(error.to_string()))
}
