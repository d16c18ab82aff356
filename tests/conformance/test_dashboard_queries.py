"""What dashboards and alerts ask of node_exporter gets the same series, and where nothing moves the same values, from ours."""

import time

import pytest
import requests
from conformance.test_node_exporter import DEBIAN_ONLY, FILTERS
from support.processes import Prometheus, free_port, wait_until

#: What a host has rather than does: the values are the same too.
STEADY = [
    'count by (cpu) (node_cpu_seconds_total{$job})', 'count(count by (cpu) (node_cpu_seconds_total{$job}))', 'node_memory_MemTotal_bytes{$job}', 'node_memory_SwapTotal_bytes{$job}', 'node_memory_HugePages_Total{$job} * node_memory_Hugepagesize_bytes{$job}',
    'node_filesystem_size_bytes{$job,fstype!=""}', 'node_filesystem_readonly{$job} == 0', 'node_filesystem_device_error{$job}', 'node_filesystem_files{$job}', 'node_filefd_maximum{$job}', 'node_boot_time_seconds{$job}', 'node_uname_info{$job}', 'node_os_info{$job}',
    'node_network_up{$job} * on (device) group_left (operstate) node_network_info{$job}', 'node_network_mtu_bytes{$job}', 'node_network_carrier{$job}', 'node_network_speed_bytes{$job,operstate!="down"}', 'node_arp_entries{$job}', 'node_disk_info{$job}',
    'node_nf_conntrack_entries_limit{$job}', 'node_entropy_pool_size_bits{$job}', 'node_timex_sync_status{$job}', 'node_timex_tick_seconds{$job}', 'node_time_clocksource_available_info{$job} == 1', 'node_dmi_info{$job}', 'node_textfile_scrape_error{$job} == 1',
    'node_md_disks_required{$job} - ignoring (state) node_md_disks{$job,state="active"} > 0', 'node_selinux_enabled{$job}', 'node_netstat_Tcp_MaxConn{$job} or node_netstat_Ip_Forwarding{$job}',
    'min by (collector) (node_scrape_collector_success{$job})', 'predict_linear(node_filesystem_size_bytes{$job}[1m], 86400) < 0', 'increase(node_disk_io_time_weighted_seconds_total{$job}[1m]) < 0',
]

#: What it does: the series are the same.
MOVING = [
    'sum by (mode) (rate(node_cpu_seconds_total{$job}[10s])) / scalar(count(count by (cpu) (node_cpu_seconds_total{$job})))', 'sum by (mode) (rate(node_cpu_guest_seconds_total{$job}[10s]))',
    'node_load1{$job} / count without (cpu, mode) (node_cpu_seconds_total{$job,mode="idle"})', '100 * (1 - node_memory_MemAvailable_bytes{$job} / node_memory_MemTotal_bytes{$job})',
    'node_memory_MemTotal_bytes{$job} - node_memory_MemFree_bytes{$job} - node_memory_Buffers_bytes{$job} - node_memory_Cached_bytes{$job} - node_memory_SReclaimable_bytes{$job}', '{$job,__name__=~"node_memory_.+_bytes"}',
    'rate(node_vmstat_pgfault{$job}[10s])', 'rate(node_vmstat_pgmajfault{$job}[10s])', 'rate(node_vmstat_pswpin{$job}[10s]) + rate(node_vmstat_pswpout{$job}[10s])', 'increase(node_vmstat_oom_kill{$job}[1m])',
    'rate(node_disk_read_bytes_total{$job}[10s])', 'rate(node_disk_writes_completed_total{$job}[10s])', 'rate(node_disk_read_time_seconds_total{$job}[10s]) / rate(node_disk_reads_completed_total{$job}[10s])',
    'rate(node_disk_io_time_seconds_total{$job}[10s])', 'node_disk_io_now{$job}', 'rate(node_disk_discards_completed_total{$job}[10s])', '100 * node_filesystem_avail_bytes{$job} / node_filesystem_size_bytes{$job}',
    'node_filesystem_files_free{$job} / node_filesystem_files{$job}', 'rate(node_network_receive_bytes_total{$job}[10s]) * 8', 'rate(node_network_transmit_packets_total{$job}[10s])',
    'rate(node_network_receive_errs_total{$job}[10s]) / rate(node_network_receive_packets_total{$job}[10s])', 'rate(node_network_receive_drop_total{$job}[10s]) + rate(node_network_transmit_drop_total{$job}[10s])', 'rate(node_network_receive_multicast_total{$job}[10s])', '{$job,__name__=~"node_network_.+_total"}',
    'node_sockstat_TCP_alloc{$job}', 'node_sockstat_TCP_mem_bytes{$job}', '{$job,__name__=~"node_sockstat_.+"}', 'rate(node_netstat_Tcp_RetransSegs{$job}[10s]) / rate(node_netstat_Tcp_OutSegs{$job}[10s])',
    '{$job,__name__=~"node_netstat_(Tcp|TcpExt|Udp|Icmp|Ip|Ip6|Icmp6|Udp6|UdpLite)_.+"}', 'rate(node_context_switches_total{$job}[10s])', 'rate(node_intr_total{$job}[10s])', 'rate(node_forks_total{$job}[10s])', 'node_procs_running{$job} + node_procs_blocked{$job}',
    'rate(node_pressure_cpu_waiting_seconds_total{$job}[10s])', 'rate(node_pressure_io_stalled_seconds_total{$job}[10s]) or rate(node_pressure_memory_stalled_seconds_total{$job}[10s])', 'node_filefd_allocated{$job} / node_filefd_maximum{$job}',
    'node_nf_conntrack_entries{$job} / node_nf_conntrack_entries_limit{$job}', 'node_entropy_available_bits{$job}', 'node_timex_offset_seconds{$job}', 'node_timex_maxerror_seconds{$job} >= 0', 'time() - node_boot_time_seconds{$job}',
    'rate(node_softnet_processed_total{$job}[10s])', 'rate(node_softnet_dropped_total{$job}[10s]) + rate(node_softnet_times_squeezed_total{$job}[10s])', 'rate(node_schedstat_waiting_seconds_total{$job}[10s])', 'node_udp_queues{$job}', 'node_time_zone_offset_seconds{$job}',
    'node_scrape_collector_duration_seconds{$job}',
]


@pytest.fixture
def scraped(exporter, peer, tmp_path):
    """A Prometheus that has scraped both for ten seconds, as the jobs ours and theirs."""
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *DEBIAN_ONLY, *FILTERS], f"http://127.0.0.1:{port}/metrics")
    jobs = [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]} for name, target in (("ours", exporter(*FILTERS).port), ("theirs", port))]
    server = Prometheus(tmp_path, {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs})
    begin = time.time()
    try:
        wait_until(lambda: time.time() > begin + 10 and len(query(server, "up == 1")) == 2, 40, "ten seconds of both")
        yield server
    finally:
        server.stop()


def query(server, expr):
    answer = requests.get(server.url("/api/v1/query"), params={"query": expr}, timeout=20).json()
    assert answer["status"] == "success", (expr, answer)
    return answer["data"]["result"]


def of_job(server, expr, job):
    """{labels: value} of an expression, "$job" in it replaced as dashboards do with their variables."""
    series = query(server, expr.replace("$job", f'job="{job}"'))
    return {tuple(sorted((name, value) for name, value in one["metric"].items() if name not in ("job", "instance"))): one["value"][1] for one in series}


@pytest.mark.serial
def test_queries_of_dashboards_and_alerts(scraped):
    found = 0
    for expr in STEADY + MOVING:
        ours, theirs = (of_job(scraped, expr, job) for job in ("ours", "theirs"))
        found += bool(theirs)
        assert ours.keys() == theirs.keys(), expr
        assert expr not in STEADY or ours == theirs, expr
    assert found > 60
