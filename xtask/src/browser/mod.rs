//! `cargo xtask browser`: the page of a run in a real browser.
//!
//! Chromium loads every page of `casemate-report`'s example `pages` and of
//! `casemate-world-report`'s example `boots`, among them ones whose every name and message
//! tries to break out of its place, in light and dark, on a wide screen and a telephone.
//! Nothing may be reported to the console, fetched, cut off or unreadable (`page.js` says
//! what is looked at); the ruler and zooming have to work where a page has them, the words
//! have to be the same without JavaScript, and it has to print.
//!
//! The browser is driven over a pipe (Chrome DevTools Protocol). Needs Chromium or
//! Chrome; whoever has none is told how to get one.

mod devtools;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use self::devtools::{Browser, decode};
use crate::cargo::{cargo, run as run_command, target_directory};

/// Looks at a loaded page and answers with complaints.
const LOOK: &str = include_str!("page.js");

/// A screen: a name, its width and height in pixels, and whether it is dark.
const SCREENS: [(&str, u32, u32, bool); 4] = [
    ("wide", 1400, 900, false),
    ("wide-dark", 1400, 900, true),
    ("narrow", 420, 900, false),
    ("narrow-dark", 420, 900, true),
];

/// Checks every page; with `--pages`, those in a folder instead of synthetic ones.
pub(crate) fn run(root: &Path, pages: Option<&Path>, pictures: Option<&Path>) -> Result<()> {
    let Some(program) = program() else {
        bail!("no browser: {HOW_TO_GET_ONE}");
    };
    check(root, &program, pages, pictures)
}

/// As [`run`], but holds where there is no browser, and says so.
pub(crate) fn check_where_possible(root: &Path) -> Result<()> {
    match program() {
        Some(program) => check(root, &program, None, None),
        None => {
            println!("skipped: browser: {HOW_TO_GET_ONE}");
            Ok(())
        }
    }
}

const HOW_TO_GET_ONE: &str = "install Chromium (apt-get install chromium), or name one in CASEMATE_BROWSER";

/// The browser that `CASEMATE_BROWSER` names, or the first that is installed.
fn program() -> Option<PathBuf> {
    const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    if let Some(named) = std::env::var_os("CASEMATE_BROWSER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

fn check(root: &Path, program: &Path, pages: Option<&Path>, pictures: Option<&Path>) -> Result<()> {
    let folder = target_directory(root)?.join("browser");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let pages = match pages {
        Some(pages) => pages.to_path_buf(),
        None => synthetic(root, &folder)?,
    };
    let mut files: Vec<PathBuf> = fs::read_dir(&pages)
        .with_context(|| format!("cannot list {}", pages.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    files.sort();
    ensure!(!files.is_empty(), "no page in {}", pages.display());
    let mut browser = Browser::start(program, &folder.join("profile"))?;
    let mut complaints = Vec::new();
    for file in &files {
        let file = file.canonicalize().with_context(|| format!("no page at {}", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let url = format!("file://{}", file.display());
        let mut found = look(&mut browser, &url, &name, pictures)?;
        found.extend(without_script(&mut browser, &url)?);
        found.extend(print(&mut browser, &url)?);
        println!("{name}: {}", if found.is_empty() { "held" } else { "complaints" });
        complaints.extend(found.into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    ensure!(complaints.is_empty(), "{} complaints about {} pages", complaints.len(), files.len());
    Ok(())
}

fn synthetic(root: &Path, folder: &Path) -> Result<PathBuf> {
    const EXAMPLES: [&str; 2] = ["pages", "boots"];
    let examples = EXAMPLES.iter().flat_map(|it| ["--example", it]);
    let arguments: Vec<_> = ["build", "--release", "--workspace"].into_iter().chain(examples).collect();
    run_command(&mut cargo(root, &arguments))?;
    let pages = folder.join("pages");
    for example in EXAMPLES {
        let program = target_directory(root)?.join("release/examples").join(example);
        run_command(std::process::Command::new(program).arg(&pages))?;
    }
    Ok(pages)
}

/// Loads the page on every screen.
fn look(browser: &mut Browser, url: &str, name: &str, pictures: Option<&Path>) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (screen, width, height, dark) in SCREENS {
        let scheme = if dark { "dark" } else { "light" };
        emulate(browser, width, height, scheme, "screen")?;
        browser.load(url)?;
        let mut found = strings(&browser.evaluate(LOOK)?);
        found.extend(pointer(browser)?);
        found.extend(browser.told());
        complaints.extend(found.into_iter().map(|complaint| format!("{screen}: {complaint}")));
        if let Some(folder) = pictures {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            let whole = json!({"format": "png", "captureBeyondViewport": true});
            let answer = browser.call("Page.captureScreenshot", whole)?;
            let picture = decode(answer["data"].as_str().unwrap_or_default())?;
            let path = folder.join(format!("{name}-{screen}.png"));
            fs::write(&path, picture).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(complaints)
}

fn emulate(browser: &mut Browser, width: u32, height: u32, scheme: &str, media: &str) -> Result<()> {
    let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", metrics)?;
    let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
    browser.call("Emulation.setEmulatedMedia", json!({"media": media, "features": feature}))?;
    Ok(())
}

/// The ruler follows the pointer and the legend of memory says what there is under it;
/// dragging zooms, Escape goes back.
fn pointer(browser: &mut Browser) -> Result<Vec<String>> {
    const PLACE: &str = "(() => { const plot = document.querySelector('.chart svg.plot'); if (!plot) return null; \
        plot.scrollIntoView({block: 'center'}); const box = plot.getBoundingClientRect(); \
        return [box.left + box.width * 0.25, box.left + box.width * 0.75, box.top + box.height / 2]; })()";
    const VIEW: &str = "document.querySelector('svg.time').getAttribute('viewBox')";
    const RULERS: &str = "[...document.querySelectorAll('.ruler')].filter((ruler) => !ruler.hidden).length";
    const LEGEND: &str =
        "[...document.querySelectorAll('em[data-layer]')].map((it) => it.textContent).join()";
    let place = browser.evaluate(PLACE)?;
    let (Some(left), Some(right), Some(y)) = (place[0].as_f64(), place[1].as_f64(), place[2].as_f64()) else {
        return Ok(Vec::new());
    };
    let mut complaints = Vec::new();
    let before = browser.evaluate(VIEW)?;
    let legend = browser.evaluate(LEGEND)?;
    let mut legends = vec![legend.clone()];
    for (kind, x) in
        [("mouseMoved", left), ("mousePressed", left), ("mouseMoved", right), ("mouseReleased", right)]
    {
        let event = json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
        browser.call("Input.dispatchMouseEvent", event)?;
        legends.push(browser.evaluate(LEGEND)?);
    }
    if legend != json!("") && legends.iter().all(|it| *it == legend) {
        complaints.push("the legend does not say what there is under the pointer".to_owned());
    }
    if browser.evaluate(RULERS)? == json!(0) {
        complaints.push("no ruler under the pointer".to_owned());
    }
    let zoomed = browser.evaluate(VIEW)?;
    if zoomed == before {
        complaints.push(format!("dragging does not zoom: the view stays {before}"));
    }
    for kind in ["keyDown", "keyUp"] {
        let key = json!({"type": kind, "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27});
        browser.call("Input.dispatchKeyEvent", key)?;
    }
    let after = browser.evaluate(VIEW)?;
    if after != before {
        complaints.push(format!("Escape does not go back: the view was {before} and is {after}"));
    }
    // Off the picture again, or its ruler is in everything that is looked at later.
    let away = json!({"type": "mouseMoved", "x": 1, "y": 1});
    browser.call("Input.dispatchMouseEvent", away)?;
    if browser.evaluate(LEGEND)? != legend {
        complaints.push("the legend does not go back to what it said".to_owned());
    }
    Ok(complaints)
}

/// The words are the same without JavaScript.
fn without_script(browser: &mut Browser, url: &str) -> Result<Vec<String>> {
    const WORDS: &str = "document.body.innerText";
    browser.load(url)?;
    let with = browser.evaluate(WORDS)?;
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}))?;
    browser.load(url)?;
    let without = browser.evaluate(WORDS)?;
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": false}))?;
    browser.told();
    let same = with == without && without.as_str().is_some_and(|words| !words.is_empty());
    Ok(if same { Vec::new() } else { vec!["other words without JavaScript".to_owned()] })
}

/// On paper it is light even where the screen is dark, fits, and hides nothing.
fn print(browser: &mut Browser, url: &str) -> Result<Vec<String>> {
    // A4 less the margins, at 96 pixels an inch.
    emulate(browser, 703, 1017, "dark", "print")?;
    browser.load(url)?;
    let mut complaints = strings(&browser.evaluate(LOOK)?);
    let pdf = browser.call("Page.printToPDF", json!({"printBackground": true, "preferCSSPageSize": true}))?;
    let pdf = decode(pdf["data"].as_str().unwrap_or_default())?;
    if !pdf.starts_with(b"%PDF-") {
        complaints.push("no PDF".to_owned());
    }
    complaints.extend(browser.told());
    Ok(complaints.into_iter().map(|complaint| format!("print: {complaint}")).collect())
}

fn strings(list: &Value) -> Vec<String> {
    match list.as_array() {
        Some(list) => list.iter().map(|it| it.as_str().unwrap_or("?").to_owned()).collect(),
        None => vec![format!("the page could not be looked at: {list}")],
    }
}
