//! The numbers inside an RSA private key in DER, for writing it as a JWK.
//!
//! aws-lc-rs gives an RSA key out as PKCS#8 alone. Only what it wrote itself is read here, so this is a reader of one known shape
//! and not a general one.

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The JWK members of the private half, in the order in which [`private_numbers`] gives them.
pub(super) const PRIVATE_MEMBERS: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

/// `d, p, q, dp, dq, qi`, big-endian without leading zeros.
///
/// *Spec*: `PrivateKeyInfo` (RFC 5208 §5) around `RSAPrivateKey` (RFC 8017 §A.1.2): version, n, e, and then these six.
pub(super) fn private_numbers(pkcs8: &[u8]) -> Option<[&[u8]; 6]> {
    let mut info = Reader(Reader(pkcs8).take(SEQUENCE)?);
    info.take(INTEGER)?;
    info.take(SEQUENCE)?;
    let mut key = Reader(Reader(info.take(OCTET_STRING)?).take(SEQUENCE)?);
    for _version_n_e in 0..3 {
        key.take(INTEGER)?;
    }
    let mut numbers = [&[][..]; 6];
    for number in &mut numbers {
        let bytes = key.take(INTEGER)?;
        // A leading zero keeps DER's integers positive; a JWK has none (RFC 7518 §2, Base64urlUInt).
        *number = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    }
    Some(numbers)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next element, which must be of `tag`.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.len() > 4 {
                return None;
            }
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (found == tag).then_some(content)
    }
}
