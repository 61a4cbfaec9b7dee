//! `casemate world boot` where nothing is booted. What boots is the step `metal` of the tests.

use crate::casemate::{Casemate, Ran};

fn booted(casemate: &Casemate, arguments: &[&str], qemu: Option<&str>) -> Ran {
    let mut command = casemate.subcommand("world");
    command.arg("boot").args(arguments);
    if let Some(qemu) = qemu {
        command.env("CASEMATE_QEMU", qemu);
    }
    command.output().expect("the binary starts").into()
}

#[test]
fn a_design_that_linux_cannot_be_under_is_refused_by_name_and_nothing_is_built() {
    let casemate = Casemate::new();
    casemate.file("design.yaml", "tick: unified-ree\n");
    let ran = booted(&casemate, &["--config", "design.yaml", "-o", "json"], None);
    assert_eq!(ran.code(), Some(2));
    assert!(
        ran.stderr.contains("`tick: unified-ree`") && ran.stderr.contains("--ree bare"),
        "{}",
        ran.stderr
    );
    let document = ran.document();
    assert_eq!(document["schema"], "casemate.world-boot/v1");
    assert_eq!(document["missing"], serde_json::Value::Null);
    assert!(document["problems"][0].as_str().is_some_and(|it| it.contains("unified-ree")), "{document}");
}

#[test]
fn what_the_machine_is_without_is_named_for_people_and_programs() {
    let casemate = Casemate::new();
    let ran = booted(&casemate, &["--ree", "bare", "-o", "json"], Some("/nowhere/qemu"));
    assert_eq!(ran.code(), Some(2));
    assert!(ran.stderr.contains("apt-get install qemu-system-arm"), "{}", ran.stderr);
    assert_eq!(ran.document()["missing"], "qemu");
}

#[test]
fn a_folder_without_firmware_and_a_design_that_makes_no_sense_are_refused() {
    let casemate = Casemate::new();
    casemate.file("design.yaml", "tick: none\n");
    for (arguments, why) in [
        (["--firmware", "."], "no sources of the firmware"),
        (["--config", "design.yaml"], "the design makes no sense"),
        (["--plan", "fuzz"], "Linux has no plan `fuzz`"),
        (["--cpus", "9"], "9"),
    ] {
        let ran = booted(&casemate, &[&arguments[..], &["-o", "json"]].concat(), None);
        assert_eq!(ran.code(), Some(2), "{why}");
        let document = ran.document();
        assert_eq!(document["schema"], "casemate.world-boot/v1", "{document}");
        assert!(document["problems"][0].as_str().is_some_and(|it| it.contains(why)), "{document}");
    }
}

#[test]
fn where_nothing_is_booted_there_is_a_page_that_says_why() {
    let casemate = Casemate::new();
    let ran = booted(&casemate, &["--ree", "bare", "-o", "html"], Some("/nowhere/qemu"));
    assert_eq!(ran.code(), Some(2));
    assert!(ran.stdout.starts_with("<!doctype html>") && ran.stdout.ends_with("</html>\n"), "{}", ran.stdout);
    for said in ["Nothing was booted", "apt-get install qemu-system-arm"] {
        assert!(ran.stdout.contains(said), "{said}");
    }
    assert!(ran.stderr.contains("apt-get install qemu-system-arm"), "{}", ran.stderr);
}
