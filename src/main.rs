//! The binary: everything is in the library's `cli` room.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    courant::cli::main()
}
