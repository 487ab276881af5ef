//! Addresses, brought into one spelling so that two of them can be compared.

/// The normal form of an `http` or `https` address without its query and fragment; nothing for what is not one.
///
/// *Spec*: RFC 9449 §4.3 with RFC 3986 §6.2.2 (case, percent-encoding, dot segments) and §6.2.3 (default port, empty path).
/// Stricter than browsers are: nothing is repaired, and an address with a user name in it is none.
pub(super) fn normal(uri: &str) -> Option<String> {
    let uri = uri.split(['?', '#']).next()?;
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => "80",
        "https" => "443",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let in_authority = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    if authority.is_empty() || !authority.bytes().all(in_authority) {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    };
    let port = match port {
        "" => String::new(),
        port if port == default_port => String::new(),
        port => format!(":{port}"),
    };
    let host = host.to_ascii_lowercase();
    Some(format!("{scheme}://{host}{port}{}", normal_path(path)?))
}

fn normal_path(path: &str) -> Option<String> {
    let mut segments: Vec<String> = Vec::new();
    let mut ends_open = true;
    for segment in path.split('/').skip(1) {
        let segment = normal_segment(segment)?;
        ends_open = matches!(segment.as_str(), "" | "." | "..");
        match segment.as_str() {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    // A path that ends in `/`, `/.` or `/..` names a folder.
    if ends_open && segments.last().is_none_or(|last| !last.is_empty()) {
        segments.push(String::new());
    }
    Some(format!("/{}", segments.join("/")))
}

/// What need not be encoded is written plainly, what must be in capitals.
fn normal_segment(segment: &str) -> Option<String> {
    let mut normal = String::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                let value = u8::try_from(high * 16 + low).ok()?;
                if value.is_ascii_alphanumeric() || b"-._~".contains(&value) {
                    normal.push(char::from(value));
                } else {
                    normal.push_str(&format!("%{value:02X}"));
                }
            }
            b'\\' => return None,
            _ if byte.is_ascii_graphic() => normal.push(char::from(byte)),
            _ => return None,
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        for (spelling, expected) in [
            ("http://bank.example/me", "http://bank.example/me"),
            ("HTTP://Bank.Example:80/me?x=1#y", "http://bank.example/me"),
            ("https://bank.example:443", "https://bank.example/"),
            ("https://bank.example?x", "https://bank.example/"),
            (
                "http://bank.example:8003/%6de/%2f",
                "http://bank.example:8003/me/%2F",
            ),
            ("http://bank.example/a/../me/./", "http://bank.example/me/"),
            ("http://bank.example/a/%2E%2e/me", "http://bank.example/me"),
            ("http://bank.example/../..", "http://bank.example/"),
            ("http://bank.example//me", "http://bank.example//me"),
            ("http://[::1]:8003/me", "http://[::1]:8003/me"),
        ] {
            assert_eq!(normal(spelling).as_deref(), Some(expected), "{spelling}");
        }
    }

    #[test]
    fn addresses_that_differ_stay_different() {
        let me = normal("http://bank.example/me");
        for other in [
            "https://bank.example/me",
            "http://bank.example:8003/me",
            "http://bank.example/me/",
            "http://bank.example/ME",
            "http://bank.example.evil.example/me",
            "http://bank.example/accounts",
        ] {
            assert_ne!(normal(other), me, "{other}");
        }
    }

    #[test]
    fn what_is_no_address_has_no_normal_form() {
        for text in [
            "",
            "/me",
            "bank.example/me",
            "ftp://bank.example/me",
            "http:///me",
            "http://user@bank.example/me",
            "http://bank.example\\@evil.example/me",
            "http://bank.example/m\\e",
            "http://bank.example/%",
            "http://bank.example/%zz",
            "http://bank.example/m e",
            "http://bänk.example/me",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }
}
