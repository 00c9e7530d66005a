//! Files that are whole or not there: written to a temporary name, made durable, renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Writes `bytes` to `path` so that a crash at any moment leaves either the old file or the new one, whole. With
/// `previous`, the old file is kept under that name.
///
/// # Errors
/// [`Error::File`] (a full disk, no permission); the old file is still there then.
pub fn write_whole(path: &Path, bytes: &[u8], previous: Option<&Path>) -> Result<()> {
    write_parts(path, previous, |file| file.write_all(bytes))
}

/// The same with bytes that come one after another.
pub(super) fn write_parts(
    path: &Path,
    previous: Option<&Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = folder.join(name);
    let written = File::create(&part).and_then(|file| {
        let mut file = BufWriter::with_capacity(1 << 18, file);
        write(&mut file)?;
        file.into_inner().map_err(IntoInnerError::into_error)?.sync_all()
    });
    if let Err(source) = written {
        let _ = fs::remove_file(&part);
        return Err(Error::File { action: "write", path: path.into(), source });
    }
    if let Some(previous) = previous.filter(|_| path.exists()) {
        // A second name for the old file: at no moment is there no checkpoint.
        let _ = fs::remove_file(previous);
        if fs::hard_link(path, previous).is_err() {
            fs::copy(path, previous).map_err(Error::file("keep the previous", previous))?;
        }
    }
    fs::rename(&part, path).map_err(Error::file("write", path))?;
    sync_folder(folder)
}

/// Makes the renaming itself durable.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder).and_then(|f| f.sync_all()).map_err(Error::file("sync", PathBuf::from(folder)))?;
    }
    Ok(())
}
