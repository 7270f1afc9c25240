# puppet apply --modulepath=DIR site.pp, with FACTER_endpoint and FACTER_token in the environment.
$presence = $facts['ensure'] ? { undef => 'present', default => $facts['ensure'] }
$listener = 'e1b0000000000000000000000000000a'
$servers = {
  'dbecb618-2259-405f-ab17-9b68c4f541b0' => '172.16.0.31',
  '97444148-7afb-47cc-b4a3-6e1c94d1ade4' => '172.16.0.32',
}

$servers.each |$server, $address| {
  plugin_resource { "member ${server}":
    ensure   => $presence,
    plugin   => 'elb_member',
    resource => 'elb_member',
    config   => {
      'endpoint'   => $facts['endpoint'],
      'project_id' => '55300f3c8f764c06b1a32e2302edc305',
      'token'      => $facts['token'],
    },
    record   => { 'listener_id' => $listener, 'server_id' => $server, 'address' => $address },
  }
}
