#!/usr/bin/perl
# An ESME by Net::SMPP. Each line on stdin is a command, answered with one line: the status in
# decimal first, then what else the library saw. It decides nothing; the Rust side judges.
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my $smpp;

my @addresses = (source_addr => '447700900456', source_addr_ton => 1, source_addr_npi => 1,
                 destination_addr => '447700900123', dest_addr_ton => 1, dest_addr_npi => 1);

# The next PDU of that kind; others are a fault of the server.
sub expect {
    my ($command) = @_;
    my $pdu = $smpp->read_pdu or die "closed";
    die sprintf('0x%08x instead of 0x%08x', $pdu->{cmd}, $command) if $pdu->{cmd} != $command;
    return $pdu;
}

sub closed { return defined $smpp->read_pdu ? 'open' : 'closed' }

my %commands = (
    bind => sub {
        my ($kind, $port, $password) = @_;
        my $method = "new_$kind";
        ($smpp, my $resp) = Net::SMPP->$method('127.0.0.1', port => $port, system_id => 'me', password => $password);
        my ($name, $version) = ($resp->{system_id}, $resp->{sc_interface_version});
        # It gives the TLV as octets.
        return join ' ', $resp->status, defined $name ? $name : '', defined $version ? unpack('H*', $version) : '';
    },
    submit => sub {
        my $resp = $smpp->submit_sm(@addresses, short_message => join(' ', @_));
        return $resp->status . ' ' . $resp->message_id;
    },
    burst => sub {
        my ($count) = @_;
        my (%open, %ids);
        $open{$smpp->submit_sm(@addresses, short_message => "number $_", async => 1)} = 1 for 1 .. $count;
        for (1 .. $count) {
            my $resp = expect(Net::SMPP::CMD_submit_sm_resp);
            return $resp->status . ' refused' if $resp->status;
            delete $open{$resp->seq} or return '0 unasked';
            $ids{$resp->message_id} = 1;
        }
        return '0 ' . keys %ids;
    },
    data => sub {
        my $resp = $smpp->data_sm(@addresses, message_payload => join(' ', @_));
        return $resp->status . ' ' . $resp->message_id;
    },
    query => sub {
        my ($id) = @_;
        my $resp = $smpp->query_sm(message_id => $id, source_addr => '447700900456', source_addr_ton => 1, source_addr_npi => 1);
        return join ' ', $resp->status, $resp->message_id, $resp->{message_state};
    },
    enquire => sub { return $smpp->enquire_link->status },
    deliver_sm => sub {
        my $pdu = expect(Net::SMPP::CMD_deliver_sm);
        $smpp->deliver_sm_resp(seq => $pdu->seq, message_id => '');
        return "0 $pdu->{short_message}";
    },
    enquire_link => sub {
        my $pdu = expect(Net::SMPP::CMD_enquire_link);
        $smpp->enquire_link_resp(seq => $pdu->seq);
        return 0;
    },
    unbind => sub { return $smpp->unbind->status . ' ' . closed() },
    unbound => sub {
        my $pdu = expect(Net::SMPP::CMD_unbind);
        $smpp->unbind_resp(seq => $pdu->seq);
        return '0 ' . closed();
    },
);

while (my $line = <STDIN>) {
    my ($name, @arguments) = split ' ', $line;
    my $answer = eval { $commands{$name}->(@arguments) };
    $answer = "error $@" unless defined $answer;
    $answer =~ s/\s+/ /g;
    print "$answer\n";
}
