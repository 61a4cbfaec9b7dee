//! Volumes: what a program may read and write of the host, and that it gets no further.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use casemate_model::{Bytes, Mount, Nanos, RestartPolicy, Volume, VolumeSource};
use casemate_report::State;
use tempfile::TempDir;

use crate::files::Script;
use crate::programs::{HELLO, hello};
use crate::trial::{Guest, Ran, Trial, happened};

fn trial() -> Trial {
    Trial::new(Bytes::mib(8), 2).restarts(3, Nanos(1))
}

fn script() -> Script {
    Script::new()
}

fn volume(name: &str, source: VolumeSource) -> Volume {
    Volume { name: name.to_owned(), source }
}

fn empty(name: &str) -> Volume {
    volume(name, VolumeSource::EmptyDir { size_limit: None })
}

fn host(name: &str, path: &Path) -> Volume {
    volume(name, VolumeSource::HostPath { path: path.display().to_string() })
}

fn files(name: &str, files: &[(&str, &str)]) -> Volume {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    volume(name, VolumeSource::Files(files.collect()))
}

fn mount(volume: &str, path: &str) -> Mount {
    Mount { volume: volume.to_owned(), path: path.to_owned(), sub_path: None, read_only: false }
}

fn part(volume: &str, path: &str, sub_path: &str) -> Mount {
    Mount { sub_path: Some(sub_path.to_owned()), ..mount(volume, path) }
}

/// A pod of one program, with these volumes.
fn guest(script: &Script, volumes: Vec<Volume>, mounts: Vec<Mount>) -> Guest {
    Guest::new("pod", script.program()).with(|pod| pod.volumes = volumes).mounts(mounts)
}

fn run(script: &Script, volumes: Vec<Volume>, mounts: Vec<Mount>) -> Ran {
    trial().guest(guest(script, volumes, mounts)).run()
}

/// Why a pod with this mount is refused.
fn refusal(trial: Trial, volumes: Vec<Volume>, mounts: Vec<Mount>) -> String {
    let ran = trial.guest(guest(&script(), volumes, mounts)).guest(Guest::new("good", hello())).run();
    ran.finished("good", HELLO);
    assert_eq!(ran.state("pod"), State::Refused, "{}", ran.reasons("pod"));
    assert!(ran.kinds("pod").is_empty(), "{:?}", ran.kinds("pod"));
    ran.reasons("pod")
}

/// A directory of the host with a secret beside one that may be read.
fn share() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir_all(directory.path().join("open/below")).expect("a directory");
    fs::write(directory.path().join("open/note"), "read me\n").expect("a file");
    fs::write(directory.path().join("open/below/note"), "me too\n").expect("a file");
    fs::write(directory.path().join("secret"), "secret\n").expect("a file");
    directory
}

fn open_of(share: &TempDir) -> std::path::PathBuf {
    share.path().join("open").canonicalize().expect("it was made")
}

#[test]
fn an_empty_directory_is_shared_by_the_pods_containers_and_gone_afterwards() {
    let (writes, reads) = (script().write("note", "from init\n"), script().read("note"));
    let guest = guest(&reads, vec![empty("v")], vec![mount("v", "/data")]).init("first", writes.program());
    let trial = trial().guest(guest);
    let volumes = trial.config.volumes.clone();
    let mut modes = Vec::new();
    let ran = trial.run_watched(|event, _| {
        if event.what.kind() == "destroyed" && modes.is_empty() {
            let mode = |path: &str| fs::metadata(volumes.join(path)).expect("it is there").mode() & 0o7777;
            modes = vec![mode(""), mode("pod-0"), mode("pod-0/empty-0")];
        }
    });
    ran.finished("pod", "from init\n");
    assert_eq!(modes, [0o700; 3], "for their owner only");
    assert!(!volumes.exists(), "nothing is left");
}

#[test]
fn what_one_pod_writes_no_other_sees() {
    let looks = script().read("note").write("note", "mine\n").read("note");
    let pod = |name| {
        Guest::new(name, looks.program())
            .with(|pod| pod.volumes = vec![empty("v")])
            .mounts(vec![mount("v", "/v")])
    };
    let ran = trial().guest(pod("one")).guest(pod("other")).run();
    for name in ["one", "other"] {
        ran.finished(name, "not read\nmine\n");
    }
}

/// Writes `note` and fails unless it is there.
fn fails_once() -> Script {
    script().unless("note", |script| {
        script.write("note", "written before\n").then("(call $proc_exit (i32.const 3))")
    })
}

#[test]
fn an_instance_finds_what_the_one_before_it_wrote() {
    let script = fails_once().read("note");
    let guest = guest(&script, vec![empty("v")], vec![mount("v", "/data")]).policy(RestartPolicy::OnFailure);
    let ran = trial().guest(guest).run();
    ran.finished("pod", "written before\n");
    assert_eq!(ran.of("pod").restarts, 1);
}

#[test]
fn a_pod_begun_anew_finds_nothing_of_the_one_before_it() {
    let guest = guest(&fails_once(), vec![empty("v")], vec![mount("v", "/data")]);
    let ran = trial().guest(guest.with(|pod| pod.restarts_max = Some(2))).run();
    assert_eq!((ran.state("pod"), ran.of("pod").restarts), (State::Failed, 2), "it fails each time");
}

#[test]
fn a_read_only_mount_of_an_empty_directory_is_that() {
    let both = script()
        .write("note", "x")
        .read("note")
        .mount(1)
        .write("note", "by the other\n")
        .mount(0)
        .read("note");
    let read_only = Mount { read_only: true, ..mount("v", "/see") };
    let ran = run(&both, vec![empty("v")], vec![read_only, mount("v", "/do")]);
    ran.finished("pod", "not written\nnot read\nby the other\n");
}

#[test]
fn a_directory_of_the_host_is_read_and_never_written() {
    let share = share();
    let open = open_of(&share);
    let tries = script()
        .read("note")
        .read("below/note")
        .write("note", "overwritten")
        .write("new", "new")
        .call("path_create_directory", "dir")
        .call("path_unlink_file", "note")
        .link("note", "link");
    let mut trial = trial().guest(guest(&tries, vec![host("v", &open)], vec![mount("v", "/host")]));
    trial.config.host_path_roots = vec![share.path().to_owned()];
    let ran = trial.run();
    let denied = "not written\nnot written\nnot done\nnot done\nnot linked\n";
    ran.finished("pod", &format!("read me\nme too\n{denied}"));
    assert_eq!(fs::read_to_string(open.join("note")).expect("it is there"), "read me\n");
    assert_eq!(fs::read_dir(open).expect("it is there").count(), 2);
}

#[test]
fn neither_dots_nor_absolute_paths_nor_links_lead_out_of_a_directory_of_the_host() {
    let share = share();
    let open = open_of(&share);
    symlink("../secret", open.join("up")).expect("a link");
    symlink(share.path().join("secret"), open.join("absolute")).expect("a link");
    symlink("..", open.join("below/dir")).expect("a link");
    symlink("note", open.join("inside")).expect("a link");
    let secret = share.path().join("secret").display().to_string();
    let tries =
        ["../secret", "below/../../secret", "up", "absolute", "below/dir/../secret", "/etc/passwd", &secret];
    let hostile = tries.iter().fold(script(), |script, path| script.read(path)).read("inside");
    let mut trial = trial().guest(guest(&hostile, vec![host("v", &open)], vec![mount("v", "/host")]));
    trial.config.host_path_roots = vec![share.path().to_owned()];
    trial.run().finished("pod", &format!("{}read me\n", "not read\n".repeat(tries.len())));
}

#[test]
fn a_link_that_a_program_makes_leads_nowhere_outside() {
    let hostile = script()
        .link("../../../../../../etc/passwd", "out")
        .read("out")
        .link("/etc/passwd", "absolute")
        .read("absolute")
        .write("../escaped", "x")
        .link("..", "up")
        .write("up/escaped", "x");
    let ran = run(&hostile, vec![empty("v")], vec![mount("v", "/data")]);
    let output = ran.output("pod");
    assert!(!output.contains("root:"), "{output}");
    assert_eq!(output.matches("not read\n").count(), 2, "{output}");
    assert_eq!(output.matches("not written\n").count(), 2, "{output}");
}

#[test]
fn a_link_where_a_sub_path_will_look_does_not_lead_out_of_the_volume() {
    let plants = script().link("../../../..", "sub").link("sub", "other");
    let looks = script().read("etc/passwd");
    let guest = guest(&looks, vec![empty("v")], vec![part("v", "/data", "sub")]);
    // It sees the whole volume.
    let guest = guest.init_with("first", plants.program(), vec![mount("v", "/all")]);
    let ran = trial().guest(guest).run();
    assert_eq!(ran.part("pod", "first").state, State::Succeeded);
    assert_eq!(ran.output("pod"), "", "it is never entered");
    assert_eq!(ran.state("pod"), State::Failed, "{}", ran.reasons("pod"));
    assert!(ran.reasons("pod").contains("volume v"), "{}", ran.reasons("pod"));
}

#[test]
fn a_sub_path_is_a_part_of_its_volume() {
    let share = share();
    let volumes = vec![
        empty("e"),
        host("h", &open_of(&share)),
        files("f", &[("one", "1\n"), ("dir/two", "2\n"), ("dir/three", "3\n")]),
    ];
    let mounts = vec![
        part("e", "/e", "made/on/the/way"),
        part("h", "/h", "below"),
        part("f", "/f", "dir"),
        part("f", "/conf/renamed", "one"),
        part("f", "/conf/another", "dir/two"),
        mount("e", "/all"),
    ];
    let reads = script()
        .write("x", "part of the whole\n")
        .mount(1)
        .read("note")
        .mount(2)
        .read("two")
        .read("one")
        .mount(3)
        .read("renamed")
        .read("another")
        .mount(4)
        .read("made/on/the/way/x");
    let mut trial = trial().guest(guest(&reads, volumes, mounts));
    trial.config.host_path_roots = vec![share.path().to_owned()];
    trial.run().finished("pod", "me too\n2\nnot read\n1\n2\npart of the whole\n");
}

#[test]
fn files_of_the_manifests_are_read_and_never_written() {
    let tries = script()
        .read("config")
        .read("certs/ca")
        .write("config", "changed")
        .write("new", "new")
        .call("path_unlink_file", "config")
        .read("config");
    let held = files("f", &[("config", "a = 1\n"), ("certs/ca", "trust\n")]);
    let ran = run(&tries, vec![held], vec![mount("f", "/etc/app")]);
    ran.finished("pod", "a = 1\ntrust\nnot written\nnot written\nnot done\na = 1\n");
}

#[test]
fn a_pod_whose_volume_cannot_be_shown_is_refused_by_name_and_its_neighbour_runs() {
    let share = share();
    let open = open_of(&share);
    let refused = |volumes: Vec<Volume>, mounts: Vec<Mount>, words: &[&str]| {
        let mut trial = trial();
        trial.config.host_path_roots = vec![open.clone()];
        let reasons = refusal(trial, volumes, mounts);
        for word in words {
            assert!(reasons.contains(word), "`{word}` is not in: {reasons}");
        }
    };
    let secret = share.path().join("secret");
    refused(vec![], vec![mount("v", "/d")], &["mount /d", "no volume v"]);
    refused(vec![empty("v")], vec![mount("v", "d")], &["mount d", "absolute"]);
    refused(vec![empty("v")], vec![mount("v", "/d/../e")], &["/d/../e", "absolute"]);
    refused(vec![empty("v")], vec![part("v", "/d", "../x")], &["subPath ../x"]);
    let two = || vec![empty("v"), empty("w")];
    refused(two(), vec![mount("v", "/d"), mount("w", "/d/e")], &["/d/e", "within mount /d"]);
    refused(two(), vec![mount("v", "/d"), mount("w", "/d/")], &["within mount /d"]);
    refused(two(), vec![mount("v", "/"), mount("w", "/d")], &["within mount /,"]);
    refused(vec![files("f", &[("../x", "")])], vec![mount("f", "/d")], &["`../x`", "no name for a file"]);
    refused(vec![files("f", &[("x", "")])], vec![part("f", "/d", "y")], &["nothing at subPath y"]);
    refused(vec![host("h", &secret)], vec![mount("h", "/d")], &["secret", "--allow-host-path"]);
    refused(vec![host("h", &open.join("note"))], vec![mount("h", "/d")], &["note", "a single file"]);
    refused(vec![host("h", &open.join("none"))], vec![mount("h", "/d")], &["none", "No such file"]);
    refused(vec![host("h", Path::new("/etc"))], vec![mount("h", "/d")], &["/etc", "--allow-host-path"]);
    symlink("..", open.join("out")).expect("a link");
    refused(
        vec![host("h", &open.join("out"))],
        vec![mount("h", "/d")],
        &["open/out is", "--allow-host-path"],
    );
    refused(vec![host("h", &open)], vec![part("h", "/d", "out")], &["below none of the allowed"]);
}

#[test]
fn a_pod_that_fills_its_volume_is_evicted_and_says_why() {
    let fills = script().then(
        r#"(local $left i32)
           (if (call $open (i32.const 3) (i32.const 256) (i32.const 1) (i32.const 9) (i64.const 64)) (then (unreachable)))
           (local.set $left (i32.const 64))
           (loop $more
             (call $write (i32.const 0) (i32.const 65536))
             (local.set $left (i32.sub (local.get $left) (i32.const 1)))
             (br_if $more (local.get $left)))
           (loop $for_ever (br $for_ever))"#,
    );
    let limited = volume("v", VolumeSource::EmptyDir { size_limit: Some(Bytes::mib(1)) });
    let (fills, _) = fills.text("f");
    let pod = guest(&fills, vec![limited], vec![mount("v", "/d")]).policy(RestartPolicy::Always);
    let ran = trial().guest(pod.beside("other", crate::programs::spin())).run();
    for part in ["app", "other"] {
        let report = ran.part("pod", part);
        assert_eq!(report.state, State::Killed, "{part}: {:?}", report.reasons);
        assert!(
            report.reasons[0].starts_with("Evicted: volume v holds more than its limit of 1Mi"),
            "{report:?}"
        );
    }
    assert!(!ran.kinds("pod").contains(&"restarting"));
}

#[test]
fn a_volume_within_its_bound_is_left_alone() {
    let limited = volume("v", VolumeSource::EmptyDir { size_limit: Some(Bytes::mib(1)) });
    let ran = run(&script().write("f", "small\n").read("f"), vec![limited], vec![mount("v", "/d")]);
    ran.finished("pod", "small\n");
}

#[test]
fn no_call_has_the_host_copy_more_than_it_will() {
    let large = script().then(
        r#"(if (i32.eq (memory.grow (i32.const 1100)) (i32.const -1)) (then (unreachable)))
           (if (call $open (i32.const 3) (i32.const 256) (i32.const 1) (i32.const 9) (i64.const 64)) (then (unreachable)))
           (i32.store (i32.const 0) (i32.const 0))
           (i32.store (i32.const 4) (i32.const 0x4100000))
           (call $proc_exit (call $fd_write (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8)))"#,
    );
    let (large, _) = large.text("f");
    let ran =
        trial().guest(guest(&large, vec![empty("v")], vec![mount("v", "/d")]).limit(Bytes::mib(80))).run();
    // ENOMEM of WASI.
    assert_eq!(ran.of("pod").exit_code, Some(48), "{}", ran.reasons("pod"));
}

#[test]
fn reads_and_writes_are_exits() {
    let ran = run(&script().write("f", "x\n").read("f"), vec![empty("v")], vec![mount("v", "/d")]);
    ran.finished("pod", "x\n");
    // Open, write, close; open, read, print, close; and the end.
    assert_eq!(ran.of("pod").eexit, Some(8));
}

#[test]
fn evidence_that_binds_what_is_mounted_is_accepted() {
    let ran = run(&script().read("a"), vec![files("f", &[("a", "1\n")])], vec![mount("f", "/f")]);
    ran.finished("pod", "1\n");
    assert!(ran.claims("pod").contains(&("nonce_bound".to_owned(), "true".to_owned())));
}

#[test]
fn a_working_directory_is_told_in_pwd_unless_the_manifest_says_otherwise() {
    let guest = |name| Guest::new(name, crate::wasi::prints_environment()).working_dir("/data");
    let ran = trial().guest(guest("unset")).guest(guest("set").env("PWD", "/other")).run();
    assert_eq!(ran.output("unset"), "PWD=/data\0");
    assert_eq!(ran.output("set"), "PWD=/other\0");
}

#[test]
fn an_interrupt_leaves_no_volume_behind() {
    let busy = script().write("f", "x\n").then("(loop $for_ever (br $for_ever))");
    let trial = trial().guest(guest(&busy, vec![empty("v")], vec![mount("v", "/d")]));
    let volumes = trial.config.volumes.clone();
    trial.run_watched(|event, interrupt| {
        if happened(event, "entered", "pod") {
            interrupt.request();
        }
    });
    assert!(!volumes.exists());
}
