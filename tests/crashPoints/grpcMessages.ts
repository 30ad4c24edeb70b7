/** As much of gRPC's and Protocol Buffers' wire forms as it takes to read and write a field of bytes. */

/** Puts together what comes in pieces, and hands over each message when it is complete. A frame: a byte of flags, 4 of length. */
export function grpcMessages(take: (message: Buffer) => void): (piece: Buffer) => void {
  let held = Buffer.alloc(0);
  return (piece) => {
    held = Buffer.concat([held, piece]);
    while (held.length >= 5 && held.length >= 5 + held.readUInt32BE(1)) {
      const end = 5 + held.readUInt32BE(1);
      take(held.subarray(5, end));
      held = held.subarray(end);
    }
  };
}

/** A frame with one message of fields that hold bytes or text. */
export function grpcFrame(fields: { number: number; value: Buffer | string }[]): Buffer {
  const message = Buffer.concat(
    fields.map(({ number, value }) =>
      Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(Buffer.byteLength(value)), Buffer.from(value)]),
    ),
  );
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const LENGTH_DELIMITED = 2;

/** The values of a field of bytes in a message; fields inside of others are not looked at. */
export function bytesFields(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const form = tag.value % 8;
    at = tag.end;
    if (form === 0) at = readVarint(message, at).end;
    else if (form === 1) at += 8;
    else if (form === 5) at += 4;
    else {
      const length = readVarint(message, at);
      at = length.end + length.value;
      if (tag.value === wanted * 8 + LENGTH_DELIMITED) found.push(message.subarray(length.end, at));
    }
  }
  return found;
}

function readVarint(message: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  let end = from;
  for (let scale = 1; ; scale *= 128) {
    const byte = message[end] ?? 0;
    value += (byte % 128) * scale;
    end += 1;
    if (byte < 128) return { value, end };
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}
