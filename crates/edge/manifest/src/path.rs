//! Paths as manifests write them, judged by their text alone.
//!
//! A path that leads up (`..`) is refused rather than resolved: what it resolves to on
//! a machine with symbolic links only that machine knows.

/// The path's parts without what changes nothing (doubled slashes, `.`). `None`: it leads up.
pub(crate) fn parts(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.contains(&"..")).then_some(parts)
}

/// The absolute path in its plain form: `/a/b`. `None`: it is relative, leads up or has a NUL in it.
pub(crate) fn absolute(path: &str) -> Option<String> {
    let parts = parts(path).filter(|_| path.starts_with('/') && !path.contains('\0'))?;
    Some(format!("/{}", parts.join("/")))
}

/// The relative path in its plain form: `a/b`. `None`: it is absolute, empty, leads up or has a NUL in it.
pub(crate) fn relative(path: &str) -> Option<String> {
    let parts = parts(path).filter(|_| !path.starts_with('/') && !path.contains('\0'))?;
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether `path` is `directory` or below it; both in plain form.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_come_in_plain_form_or_not_at_all() {
        for (path, expected) in [
            ("/", Some("/")),
            ("/a//b/./c/", Some("/a/b/c")),
            ("//a", Some("/a")),
            ("/a/../b", None),
            ("/..", None),
            ("/a/..b", Some("/a/..b")),
            ("a", None),
            ("", None),
            ("/a\0", None),
        ] {
            assert_eq!(absolute(path).as_deref(), expected, "{path:?}");
        }
        for (path, expected) in
            [("a/b", Some("a/b")), ("./a/", Some("a")), (".", None), ("", None), ("/a", None), ("a/..", None)]
        {
            assert_eq!(relative(path).as_deref(), expected, "{path:?}");
        }
    }

    #[test]
    fn a_neighbour_with_a_longer_name_is_not_within() {
        assert!(is_within("/a/b", "/a") && is_within("/a", "/a") && is_within("/a", "/"));
        assert!(!is_within("/ab", "/a") && !is_within("/", "/a"));
    }

    proptest! {
        #[test]
        fn a_plain_path_stays_as_it_is_and_never_leads_up(path in "[ab./]{0,12}") {
            for plain in [absolute(&path), relative(&path)].into_iter().flatten() {
                prop_assert!(plain.split('/').all(|part| part != ".."));
                let again = if plain.starts_with('/') { absolute(&plain) } else { relative(&plain) };
                prop_assert_eq!(again, Some(plain));
            }
        }
    }
}
