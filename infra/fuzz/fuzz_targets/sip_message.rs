#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (patchbay_properties::target("sip_message").check)(bytes));
