//! Frames of `application/vnd.amazon.eventstream`, in which answers come in pieces
//! (<https://smithy.io/2.0/aws/amazon-eventstream.html>).

/// The type of a header whose value is a string.
const STRING: u8 = 7;

/// The frame of an event: `payload` with the type of the event and the type of its content.
pub fn frame(event: &str, content_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":message-type", "event"), (":event-type", event), (":content-type", content_type)]
    {
        // Names and values here are shorter than their lengths can say.
        headers.push(name.len() as u8);
        headers.extend(name.bytes());
        headers.push(STRING);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value.bytes());
    }
    // Prelude (two lengths and their sum), headers, payload, sum.
    let length = 12 + headers.len() + payload.len() + 4;
    let mut frame = Vec::with_capacity(length);
    frame.extend((length as u32).to_be_bytes());
    frame.extend((headers.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// botocore reads these frames in tests/clients; here, the sums and lengths alone.
    #[test]
    fn lengths_and_sums() {
        let frame = frame("PayloadChunk", "application/octet-stream", b"abc");
        let number = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
        assert_eq!(number(0) as usize, frame.len());
        assert_eq!(number(8), crc32fast::hash(&frame[..8]));
        let end = frame.len() - 4;
        assert_eq!(number(end), crc32fast::hash(&frame[..end]));
        assert_eq!(&frame[12 + number(4) as usize..end], b"abc");
    }
}
