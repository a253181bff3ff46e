//! `run.json`: everything a run was begun with, so that it can go on after a kill.
//!
//! Entry points: [`Begun`], [`DataFile`].
//!
//! The configuration is kept as text, not as a path: editing the file later changes nothing. Of
//! market data and target files the size and a hash are kept, because a session that is executed
//! again needs the same bytes.

use crate::commands::rehearse::{BUILD, faults_label, faults_text};
use crate::config::{self, ConfigError, MarketSpec, Setup, StrategySpec};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The format of the file that this build writes and reads.
const FORMAT: u64 = 1;
/// Bytes at the beginning and at the end of a data file that are hashed. What lies between is
/// compared as far as the session had come: it is executed again.
const EDGE_BYTES: u64 = 32 * 1024 * 1024;
/// Largest `run.json`: a configuration and a fault file fit several times.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What a run was begun with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The program.
    pub build: String,
    /// Name of the run.
    pub name: String,
    /// The configuration file, as it was named.
    pub config_file: String,
    /// Its text.
    pub config_text: String,
    /// Where relative paths in it begin.
    pub base_dir: PathBuf,
    /// A word for the faults.
    pub faults: String,
    /// The faults: a preset, or the text of a fault file.
    pub faults_text: String,
    /// Seed.
    pub seed: u64,
    /// Crashes of the engine that were asked for.
    pub crash_every: Option<u64>,
    /// The market data, in words.
    pub data: String,
    /// Files that the run reads.
    pub files: Vec<DataFile>,
}

impl Begun {
    /// A run of nothing yet, by this build, with these faults: a preset, or a fault file.
    ///
    /// # Errors
    /// When they are neither.
    pub fn with_faults(faults: &str) -> Result<Self, Failure> {
        Ok(Self {
            build: BUILD.to_owned(),
            name: String::new(),
            config_file: String::new(),
            config_text: String::new(),
            base_dir: PathBuf::new(),
            faults: faults_label(faults),
            faults_text: faults_text(faults)?,
            seed: 1,
            crash_every: None,
            data: String::new(),
            files: Vec::new(),
        })
    }

    /// The configuration, resolved.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn setup(&self) -> Result<Setup, ConfigError> {
        config::parse(&self.config_text, &self.config_file, &self.base_dir)
    }

    /// The content of `run.json`.
    pub fn to_json(&self) -> String {
        let files: Vec<Value> = self.files.iter().map(DataFile::to_json).collect();
        let json = json!({
            "format": FORMAT,
            "build": self.build,
            "name": self.name,
            "seed": self.seed,
            "faults": self.faults,
            "faults_text": self.faults_text,
            "crash_every": self.crash_every,
            "data": self.data,
            "files": files,
            "config_file": self.config_file,
            "base_dir": absolute(&self.base_dir).display().to_string(),
            "config_text": self.config_text,
        });
        format!("{json:#}\n")
    }

    /// Reads `run.json`.
    ///
    /// # Errors
    /// When there is none, or it is not what a run writes.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::about(path.display(), format!("{why}; nothing was started; begin a new run"))
        };
        let text = read_text(path).map_err(|error| wrong(&error.to_string()))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        if json["format"].as_u64() != Some(FORMAT) {
            return Err(wrong("it is of another format than this build reads"));
        }
        Self::from_json(&json).ok_or_else(|| wrong("it is not what truefill wrote"))
    }

    fn from_json(json: &Value) -> Option<Self> {
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let files: Option<Vec<DataFile>> =
            json["files"].as_array()?.iter().map(DataFile::from_json).collect();
        Some(Self {
            build: text("build")?,
            name: text("name")?,
            config_file: text("config_file")?,
            config_text: text("config_text")?,
            base_dir: text("base_dir")?.into(),
            faults: text("faults")?,
            faults_text: text("faults_text")?,
            seed: json["seed"].as_u64()?,
            crash_every: json["crash_every"].as_u64(),
            data: text("data")?,
            files: files?,
        })
    }

    /// Refuses to go on with another program or other data.
    ///
    /// # Errors
    /// What differs.
    pub fn check(&self, build: &str) -> Result<(), Failure> {
        if self.build != build {
            return Err(Failure::Input(format!(
                "the run was begun by build {}, this is build {build}; it would decide \
                 differently, so nothing was started; go on with the build that began it",
                self.build
            )));
        }
        self.files.iter().try_for_each(DataFile::check)
    }
}

/// A file that a run reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    path: PathBuf,
    bytes: u64,
    /// `None` for something that can be read only once.
    hash: Option<String>,
}

impl DataFile {
    /// The files behind a setup.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all(setup: &Setup) -> Result<Vec<Self>, Failure> {
        let market = match &setup.market {
            MarketSpec::File { path, .. } | MarketSpec::Bars { path, .. } => Some(path),
            MarketSpec::Demo | MarketSpec::Live { .. } | MarketSpec::Synthetic { .. } => None,
        };
        let targets = setup.strategies.iter().filter_map(|spec| match spec {
            StrategySpec::Targets { path, .. } => Some(path),
            StrategySpec::Imbalance { .. }
            | StrategySpec::Hold { .. }
            | StrategySpec::Run { .. } => None,
        });
        let files = market.into_iter().chain(targets);
        files.map(|path| Self::of(path).map_err(|e| Failure::about(path.display(), e))).collect()
    }

    fn of(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        let (path, bytes) = (absolute(path), meta.len());
        if !meta.is_file() {
            return Ok(Self { path, bytes: 0, hash: None });
        }
        let mut file = File::open(&path)?;
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut (&mut file).take(EDGE_BYTES), &mut hasher)?;
        if bytes > EDGE_BYTES {
            file.seek(SeekFrom::Start(EDGE_BYTES.max(bytes - EDGE_BYTES)))?;
            io::copy(&mut file.take(EDGE_BYTES), &mut hasher)?;
        }
        Ok(Self { path, bytes, hash: Some(hasher.finalize().to_string()) })
    }

    fn check(&self) -> Result<(), Failure> {
        let cannot = |why: &str| {
            Failure::about(
                self.path.display(),
                format!("{why}; the run cannot go on, and nothing was started"),
            )
        };
        if self.hash.is_none() {
            return Err(cannot("it is no file, so what it said cannot be read again"));
        }
        match Self::of(&self.path) {
            Err(error) => Err(cannot(&error.to_string())),
            Ok(now) if now == *self => Ok(()),
            Ok(_) => Err(cannot("it was changed since the run began; put it back")),
        }
    }

    fn to_json(&self) -> Value {
        let path = self.path.display().to_string();
        json!({"path": path, "bytes": self.bytes, "blake3_of_edges": self.hash})
    }

    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            path: json["path"].as_str()?.into(),
            bytes: json["bytes"].as_u64()?,
            hash: json["blake3_of_edges"].as_str().map(str::to_owned),
        })
    }
}

/// The same place, from wherever the run goes on.
fn absolute(path: &Path) -> PathBuf {
    let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    named.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
