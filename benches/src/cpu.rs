//! What work costs the processor, however busy the machine is with something else.

/// Seconds of processor time that this process has used; 0 where the system does not tell.
pub fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // User and system time, the 14th and 15th field, in hundredths; the second one is the name in brackets.
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
