// Drives the real node-smpp client by JSON lines: one command in, one answer out.
// It decides nothing: it says what the library saw, the Rust side judges.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const TIMEOUT = 15000;
const PART = { gsm: 153, ucs2: 67 };
const SINGLE = { gsm: 160, ucs2: 70 };
const CODING = { gsm: smpp.ENCODING.SMSC_DEFAULT, ucs2: smpp.ENCODING.UCS2 };

let session;
let inbox;
let seen;
let waiters;

// Resolves as soon as `ready()` is true; looked at after every PDU and at the close.
function until(what, ready) {
  return new Promise((resolve, reject) => {
    if (ready()) return resolve();
    const late = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), TIMEOUT);
    waiters.add(function look() {
      if (!ready()) return;
      clearTimeout(late);
      waiters.delete(look);
      resolve();
    });
  });
}

function request(command, fields) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer to ${command}`)), TIMEOUT);
    const sent = session[command](fields, (pdu) => {
      clearTimeout(late);
      resolve(pdu);
    });
    if (!sent) {
      clearTimeout(late);
      reject(new Error('the connection is gone'));
    }
  });
}

function open(port) {
  session = smpp.connect({ host: '127.0.0.1', port });
  inbox = [];
  seen = [];
  waiters = new Set();
  const event = (name) => {
    seen.push(name);
    for (const look of [...waiters]) look();
  };
  session.on('error', (error) => event(`error ${error.message}`));
  session.on('close', () => event('close'));
  session.on('deliver_sm', (pdu) => {
    inbox.push(delivered(pdu));
    session.send(pdu.response());
    event('deliver_sm');
  });
  session.on('enquire_link', (pdu) => {
    session.send(pdu.response());
    event('enquire_link');
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    event('unbind');
  });
}

function delivered(pdu) {
  const content = pdu.short_message.message.length ? pdu.short_message : pdu.message_payload || {};
  const octets = Buffer.isBuffer(content.message);
  return {
    source: pdu.source_addr,
    destination: pdu.destination_addr,
    esm_class: pdu.esm_class,
    data_coding: pdu.data_coding,
    // node-smpp gives the elements without the length octet before them.
    udh: udhOf(content.udh),
    text: octets ? content.message.toString('latin1') : content.message || '',
    in_payload: content !== pdu.short_message && content.message !== undefined,
    receipted_message_id: pdu.receipted_message_id ?? null,
    message_state: pdu.message_state ?? null,
  };
}

function udhOf(elements) {
  if (!elements) return '';
  const octets = Buffer.concat(elements);
  return Buffer.concat([Buffer.from([octets.length]), octets]).toString('hex');
}

// Texts of these tests have no escaped characters near a border: cutting by characters is exact.
function parts(text, encoding) {
  if (text.length <= SINGLE[encoding]) return [{ message: text }];
  const chunks = [];
  for (let at = 0; at < text.length; at += PART[encoding]) chunks.push(text.slice(at, at + PART[encoding]));
  return chunks.map((message, index) => ({
    udh: Buffer.from([5, 0, 3, 99, chunks.length, index + 1]),
    message,
  }));
}

function addresses(to, source) {
  return {
    source_addr_ton: 1, source_addr_npi: 1, source_addr: source,
    dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: to,
  };
}

function submissions({ to, source = '1000', text = 'hello', encoding = 'gsm', sar = false, payload = false,
  receipt = 0, schedule = '', coding }) {
  const common = {
    ...addresses(to, source),
    data_coding: coding ?? CODING[encoding],
    registered_delivery: receipt,
    schedule_delivery_time: schedule,
  };
  if (payload) return [{ ...common, message_payload: text }];
  const pieces = parts(text, encoding);
  return pieces.map((piece, index) => {
    if (!sar || pieces.length === 1) return { ...common, short_message: piece };
    return {
      ...common,
      short_message: piece.message,
      sar_msg_ref_num: 77,
      sar_total_segments: pieces.length,
      sar_segment_seqnum: index + 1,
    };
  });
}

const outcome = (answers) => ({
  statuses: answers.map((pdu) => pdu.command_status),
  ids: answers.map((pdu) => pdu.message_id ?? null),
});

const commands = {
  async bind({ port, kind, system_id = 'test', password = 'test', version = 0x34 }) {
    open(port);
    const pdu = await request(`bind_${kind}`, { system_id, password, interface_version: version });
    return {
      status: pdu.command_status,
      system_id: pdu.system_id ?? null,
      sc_interface_version: pdu.sc_interface_version ?? null,
    };
  },
  async submit(message) {
    return outcome(await Promise.all(submissions(message).map((fields) => request('submit_sm', fields))));
  },
  async burst({ count, window, ...message }) {
    let started = 0;
    let inFlight = 0;
    let peak = 0;
    const answers = [];
    const worker = async () => {
      while (started < count) {
        started += 1;
        inFlight += 1;
        peak = Math.max(peak, inFlight);
        answers.push(await request('submit_sm', submissions(message)[0]));
        inFlight -= 1;
      }
    };
    await Promise.all(Array.from({ length: window }, worker));
    return { ...outcome(answers), peak };
  },
  async submit_multi({ to, source = '1000', text = 'hello', receipt = 0 }) {
    const pdu = await request('submit_multi', {
      source_addr_ton: 1, source_addr_npi: 1, source_addr: source,
      dest_address: to.map((number) => ({ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: number })),
      data_coding: CODING.gsm, registered_delivery: receipt, short_message: { message: text },
    });
    return {
      status: pdu.command_status,
      id: pdu.message_id ?? null,
      refused: (pdu.unsuccess_sme || []).map((sme) => [sme.destination_addr, sme.error_status_code]),
    };
  },
  async data({ to, source = '1000', text, receipt = 0 }) {
    const pdu = await request('data_sm', {
      ...addresses(to, source), data_coding: CODING.gsm, registered_delivery: receipt, message_payload: text,
    });
    return { status: pdu.command_status, id: pdu.message_id ?? null };
  },
  async query({ id, source = '1000' }) {
    const pdu = await request('query_sm', { message_id: id, source_addr_ton: 1, source_addr_npi: 1, source_addr: source });
    return {
      status: pdu.command_status,
      id: pdu.message_id ?? null,
      state: pdu.message_state ?? null,
      final: Boolean(pdu.final_date),
    };
  },
  async cancel({ id, to = '', source = '1000' }) {
    const pdu = await request('cancel_sm', { message_id: id, ...addresses(to, source) });
    return { status: pdu.command_status };
  },
  async replace({ id, source = '1000', text, schedule = '', receipt = 0 }) {
    const pdu = await request('replace_sm', {
      message_id: id, source_addr_ton: 1, source_addr_npi: 1, source_addr: source,
      schedule_delivery_time: schedule, registered_delivery: receipt, short_message: Buffer.from(text, 'latin1'),
    });
    return { status: pdu.command_status };
  },
  async unknown_request() {
    const pdu = await request('vendor_request', {});
    return { command: pdu.command, status: pdu.command_status };
  },
  async enquire() {
    return { status: (await request('enquire_link', {})).command_status };
  },
  async received({ count }) {
    await until(`${count} deliver_sm, have ${inbox.length}`, () => inbox.length >= count);
    return { messages: inbox.splice(0, count) };
  },
  async enquired() {
    await until('enquire_link', () => seen.includes('enquire_link'));
    seen = seen.filter((name) => name !== 'enquire_link');
    return { enquired: true };
  },
  async unbind() {
    const pdu = await request('unbind', {});
    await new Promise((resolve) => session.close(resolve));
    return { status: pdu.command_status };
  },
  async unbound() {
    await until('unbind', () => seen.includes('unbind'));
    return commands.closed();
  },
  async closed() {
    await until('the end', () => seen.includes('close'));
    return { closed: true };
  },
  async drop() {
    await new Promise((resolve) => session.destroy(resolve));
    return {};
  },
};

// A command no SMPP version knows, written by node-smpp's own extension point.
smpp.addCommand('vendor_request', { id: 0x00000777 });

let queue = Promise.resolve();
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  queue = queue.then(async () => {
    const { do: name, ...fields } = JSON.parse(line);
    const answer = await commands[name](fields).catch((error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
}).on('close', () => queue.then(() => process.exit(0)));
