//! A word to the service manager: the node is ready.
//!
//! Entry point: [`ready`]. Without one (`NOTIFY_SOCKET`) nothing happens.

use std::os::unix::net::UnixDatagram;

/// Says that it is ready. Where that fails, the service manager waits and gives up by itself.
pub fn ready() {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let said = UnixDatagram::unbound().and_then(|socket| send(&socket, &path));
    drop(said);
}

#[cfg(target_os = "linux")]
fn send(socket: &UnixDatagram, path: &std::ffi::OsStr) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    // A name that begins with `@` is no file.
    let to = match path.as_bytes().strip_prefix(b"@") {
        Some(name) => std::os::unix::net::SocketAddr::from_abstract_name(name)?,
        None => std::os::unix::net::SocketAddr::from_pathname(path)?,
    };
    socket.send_to_addr(b"READY=1", &to).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn send(socket: &UnixDatagram, path: &std::ffi::OsStr) -> std::io::Result<()> {
    socket.send_to(b"READY=1", path).map(drop)
}
