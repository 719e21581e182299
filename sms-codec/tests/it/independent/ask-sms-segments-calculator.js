// Says how sms-segments-calculator divides texts: one question in, one answer out, as JSON lines.
'use strict';

const fs = require('fs');
const { SegmentedMessage } = require('sms-segments-calculator');

// Not `readline`: it would end a line at U+2028, too.
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const message = new SegmentedMessage(JSON.parse(line).text);
  const gsm = message.getEncodingName() === 'GSM-7';
  console.log(JSON.stringify({
    gsm,
    parts: message.segments.map((segment) => segment.messageSizeInBits() / (gsm ? 7 : 16)),
  }));
}
