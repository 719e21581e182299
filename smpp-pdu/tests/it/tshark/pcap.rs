//! A capture file with TCP connections, just good enough for a dissector.
//!
//! Classic pcap, raw IPv4. Checksums are zero: tshark does not verify them unless told to.

/// The port SMPP is spoken on.
pub(super) const SMPP_PORT: u16 = 2775;

/// A capture of one-way connections, each given as the payloads of its TCP segments.
pub(super) fn capture(connections: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(MAGIC.to_le_bytes());
    file.extend([2, 0, 4, 0]); // version 2.4
    file.extend([0; 8]); // time zone and accuracy
    file.extend(262_144_u32.to_le_bytes()); // longest packet
    file.extend(LINK_IPV4.to_le_bytes());
    let mut second = 0_u32;
    for (number, segments) in connections.iter().enumerate() {
        let mut position = 1_u32;
        for payload in segments {
            let packet = packet(40_000 + number as u16, position, payload);
            position = position.wrapping_add(payload.len() as u32);
            second += 1;
            for word in [second, 0, packet.len() as u32, packet.len() as u32] {
                file.extend(word.to_le_bytes());
            }
            file.extend(packet);
        }
    }
    file
}

/// One IPv4 packet with a TCP segment from `port` to the SMPP port.
fn packet(port: u16, position: u32, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(40 + payload.len()).expect("a segment fits a packet");
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]); // do not fragment, TCP
    packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(port.to_be_bytes());
    packet.extend(SMPP_PORT.to_be_bytes());
    packet.extend(position.to_be_bytes());
    packet.extend([0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]); // acknowledges, pushes
    packet.extend(payload);
    packet
}

const MAGIC: u32 = 0xA1B2_C3D4;

// Packets begin with the IPv4 header.
const LINK_IPV4: u32 = 101;
