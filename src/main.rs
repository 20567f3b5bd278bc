//! The binary: everything is in the library's `cli` room.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// Of the allocator's C library, which has no other interface from Rust.
    fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
}

/// `mi_option_purge_delay`: for how many milliseconds freed memory is kept. Without, a pass over thousands of feeds holds a
/// fifth less, for a few hundredths more CPU.
const PURGE_DELAY: std::ffi::c_int = 15;

fn main() -> std::process::ExitCode {
    // SAFETY: it stores a number in the allocator's table of options, checks the index, and no other thread runs yet.
    unsafe { mi_option_set(PURGE_DELAY, 0) };
    courant::cli::main()
}
