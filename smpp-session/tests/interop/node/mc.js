// An MC by node-smpp. It says its port; then each line on stdin is a request for the ESME bound
// last, answered with the status that ESME gave.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const say = (line) => process.stdout.write(`${line}\n`);
let esme;
let accepted = 0;

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  for (const kind of ['transmitter', 'receiver', 'transceiver']) {
    session.on(`bind_${kind}`, (pdu) => {
      if (pdu.password !== 'secret') {
        session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
        session.close();
        return;
      }
      esme = session;
      session.send(pdu.response({ system_id: 'node', sc_interface_version: 0x34 }));
    });
  }
  session.on('submit_sm', (pdu) => {
    accepted += 1;
    session.send(pdu.response({ message_id: `node-${accepted}` }));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
});

const message = { source_addr: '447700900123', destination_addr: '447700900456', short_message: 'hello' };
readline.createInterface({ input: process.stdin }).on('line', (request) => {
  esme[request](request === 'deliver_sm' ? message : {}, (pdu) => {
    say(pdu.command_status);
    if (request === 'unbind') esme.close();
  });
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => say(server.address().port));
