//! A drawing as SVG that stands alone: boxes, arrows, and words beside them.
//!
//! Every word is this crate's own, so nothing is escaped.

use std::fmt::Write as _;

const STYLE: &str = "\
svg { color-scheme: light dark; }
.ground { fill: #fcfcfb; } text { fill: #1b1f24; font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
.box { fill: #fff; stroke: #59636e; stroke-width: 1.2; } .ree { fill: #e3f0f9; stroke: none; } .tee { fill: #fdebdd; stroke: none; }
.soft { fill: #59636e; } .name { font-weight: 600; font-size: 13px; } .title { font-weight: 600; font-size: 15px; }
path { fill: none; stroke-width: 1.5; } .call { stroke: #0072b2; } .signal { stroke: #c04a00; } .move { stroke: #59636e; }
path.head { stroke: none; } .head.call { fill: #0072b2; } .head.signal { fill: #c04a00; } .head.move { fill: #59636e; }
.label { paint-order: stroke; stroke: #fcfcfb; stroke-width: 4px; stroke-linejoin: round; }
text.call { fill: #005a8e; } text.signal { fill: #a03d00; } text.move { fill: #3e464e; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #131619; } text { fill: #e7e9eb; } .box { fill: #20252a; stroke: #9ca6b0; }
  .ree { fill: #132a3a; stroke: none; } .tee { fill: #3a2318; stroke: none; } .soft { fill: #9ca6b0; } .label { stroke: #131619; }
  .call { stroke: #56b4e9; } .signal { stroke: #ff9a5c; } .move { stroke: #9ca6b0; }
  .head.call { fill: #56b4e9; } .head.signal { fill: #ff9a5c; } .head.move { fill: #9ca6b0; }
  text.label { stroke: #131619; } text.call { fill: #8fd0f5; } text.signal { fill: #ffb98e; } text.move { fill: #c3cad1; }
}
";

/// What an arrow is, which is its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call from one world to the other, or the way back.
    Call,
    /// An interrupt.
    Signal,
    /// A thread or a request goes from place to place.
    Move,
}

/// Where words stand beside their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing under way.
#[derive(Debug)]
pub(super) struct Svg(String);

impl Svg {
    /// Begins one of this size.
    pub(super) fn new((width, height): (i32, i32), title: &str, description: &str) -> Self {
        let mut svg = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"title about\">\n<title id=\"title\">{title}</title>\n\
             <desc id=\"about\">{description}</desc>\n<style>\n{STYLE}</style>\n<defs>\n"
        ));
        for class in ["call", "signal", "move"] {
            svg.line(&format!(
                "<marker id=\"{class}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
                 markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"head {class}\" d=\"M0 0L8 4L0 8Z\"/></marker>"
            ));
        }
        svg.line("</defs>");
        svg.line(&format!("<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>"));
        svg
    }

    /// The end of it.
    pub(super) fn finish(mut self) -> String {
        self.line("</svg>");
        self.0
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A box: its left upper corner, and its size.
    pub(super) fn rect(&mut self, class: &str, (x, y): (i32, i32), (width, height): (i32, i32)) {
        self.line(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\"/>"
        ));
    }

    /// Words in a line.
    pub(super) fn text(&mut self, class: &str, (x, y): (i32, i32), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.line(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>"
        ));
    }

    /// An arrow along a path.
    pub(super) fn arrow(&mut self, kind: Kind, path: &str) {
        let class = kind.class();
        self.line(&format!("<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#{class})\"/>"));
    }

    /// Words beside an arrow, one line below the other.
    pub(super) fn label(&mut self, kind: Kind, (x, y): (i32, i32), anchor: Anchor, lines: &[String]) {
        let class = format!("label {}", kind.class());
        for (at, line) in (0..).zip(lines) {
            self.text(&class, (x, y + 15 * at), anchor, line);
        }
    }
}

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Signal => "signal",
            Self::Move => "move",
        }
    }
}

/// A path through these points.
pub(super) fn through(points: &[(i32, i32)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(path, "{}{x} {y}", if at == 0 { 'M' } else { 'L' });
    }
    path
}
