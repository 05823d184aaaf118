package Aicost::Dns;

# A name server for tests: one name, with the addresses that a file says.
# Core Perl only.

use warnings;
use strict;

use IO::Socket::INET;
use Socket ();

use Aicost::Test;

# start($t, PORT, NAME, FILE): the daemon; FILE has addresses with blanks, and
# may change

sub start {
	my ($class, $t, $port, $name, $file) = @_;
	my $wire = join '', map { chr(length) . $_ } split /\./, $name;

	my $s = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port,
		LocalAddr => '127.0.0.1') or die "udp: $!\n";

	return $t->run_daemon(sub {
		while (my $from = recv $s, my $q, 512, 0) {
			_answer($t, $s, $from, $q, $wire, $file);
		}
	});
}


sub _answer {
	my ($t, $s, $from, $q, $wire, $file) = @_;

	my ($id) = unpack 'n', $q;
	my ($asked) = substr($q, 12) =~ /^((?:[^\0][^\0]*)\0)/s or return;
	my $question = $asked . substr $q, 12 + length $asked, 4;
	my $type = unpack 'n', substr $question, -4;
	my @ip = split ' ', $t->read_file($file);

	@ip = () unless $type == 1 && $asked eq "$wire\0";

	send $s, pack('n6', $id, @ip ? 0x8180 : 0x8183, 1, scalar @ip, 0, 0)
		. $question . join('', map { pack('n3Nn', 0xc00c, 1, 1, 1, 4)
		. Socket::inet_aton($_) } @ip), 0, $from;
}

1;
