"""Files of hardware that this machine lacks, as a kernel would show them: path -> content, or "-> target" for a link. Bytes that are no UTF-8 are surrogates."""

ARP = {"proc/net/arp": "IP address       HW type     Flags       HW address            Mask     Device\n"
                       "192.0.2.1        0x1         0x2         02:00:5e:00:53:01     *        eth0\n"
                       "192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0\n"
                       "192.0.2.9        0x1         0x6         02:00:5e:00:53:09     *        wlan0\n"}

CONNTRACK = {
    "proc/sys/net/netfilter/nf_conntrack_count": "123\n",
    "proc/sys/net/netfilter/nf_conntrack_max": "65536\n",
    "proc/net/stat/nf_conntrack": "entries  clashres found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
                                  "00000021  00000000 0000001a 00000000 00000003 0000588a 00000000 00000000 00000005 00000006 00000007 00000008 00000000  00000000 00000000 00000000 00000009\n"
                                  "00000021  00000000 00000002 00000000 00000002 000056a4 00000000 00000000 00000001 00000002 00000003 00000004 00000000  00000000 00000000 00000000 00000004\n",
}

CPUFREQ = {
    **{f"sys/devices/system/cpu/cpu{cpu}/cpufreq/{file}": f"{value}\n" for cpu in (0, 1, 10)
       for file, value in {"cpuinfo_min_freq": 800000, "cpuinfo_max_freq": 3400000, "scaling_cur_freq": 1200000 + cpu, "scaling_min_freq": 800000, "scaling_max_freq": 3000000,
                                     "scaling_available_governors": "performance powersave", "scaling_driver": "intel_pstate", "scaling_governor": "powersave", "related_cpus": cpu, "scaling_setspeed": "<unsupported>"}.items()},
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_cur_freq": "1699981\n",
    "sys/devices/system/cpu/cpufreq/policy0/affected_cpus": "0\n",
    **{f"sys/devices/system/cpu/cpu{cpu}/topology/{file}": f"{value}\n" for cpu in (0, 1, 10) for file, value in {"core_id": cpu, "physical_package_id": 0}.items()},
}

DMI = {"sys/class/dmi/id/product_version": "\udcff[\udcff\n", "sys/class/dmi/id/bios_date": "01/01/2020\n", "sys/class/dmi/id/bios_vendor": "Example BIOS\n", "sys/class/dmi/id/product_name": 'Model "X"\n', "sys/class/dmi/id/sys_vendor": "Example Inc.\n",
       "sys/class/dmi/id/chassis_version": "\n"}

EDAC = {
    **{f"sys/devices/system/edac/mc/mc{mc}/{file}": f"{value + mc}\n" for mc in (0, 1) for file, value in {"ce_count": 1, "ue_count": 5, "ce_noinfo_count": 2, "ue_noinfo_count": 6}.items()},
    **{f"sys/devices/system/edac/mc/mc0/csrow{row}/{file}": f"{value + row}\n" for row in (0, 1) for file, value in {"ce_count": 3, "ue_count": 4}.items()},
    "sys/devices/system/edac/mc/power/control": "auto\n",
}

ENTROPY = {"proc/sys/kernel/random/entropy_avail": "256\n", "proc/sys/kernel/random/poolsize": "256\n"}

FILEFD = {"proc/sys/fs/file-nr": "1024\t0\t9223372036854775807\n"}

_FC = "sys/class/fc_host/host3/"
FIBRECHANNEL = {
    **{_FC + file: value + "\n" for file, value in {"speed": "16 Gbit", "port_state": "Online", "port_type": "NPort (fabric via point-to-point)", "node_name": "0x20000090fa942779", "port_id": "0x0a0300",
                                                    "port_name": "0x10000090fa942779", "fabric_name": "0x0", "dev_loss_tmo": "30", "symbolic_name": "Adapter FV12 DV14", "supported_classes": "Class 3",
                                                    "supported_speeds": "4 Gbit, 8 Gbit, 16 Gbit"}.items()},
    **{_FC + "statistics/" + file: value + "\n" for file, value in {"dumped_frames": "0xffffffffffffffff", "error_frames": "0xffffffffffffffff", "invalid_crc_count": "0x2", "rx_frames": "0x3", "rx_words": "0x4", "tx_frames": "0x5",
                                                                    "tx_words": "0x6", "seconds_since_last_reset": "0x7", "invalid_tx_word_count": "0x8", "link_failure_count": "0x9", "loss_of_sync_count": "0x10",
                                                                    "loss_of_signal_count": "0x11", "nos_count": "0x12", "fcp_packet_aborts": "0x13"}.items()},
}

HWMON = {
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/name": "coretemp\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/device": "-> ../../../coretemp.0",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_input": "55000\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_label": "Package id 0\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit": "100000\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit_alarm": "0\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_max": "84000\n",
    "sys/devices/platform/coretemp.0/hwmon/hwmon0/temp2_type": "4\n",
    "sys/class/hwmon/hwmon0": "-> ../../devices/platform/coretemp.0/hwmon/hwmon0",
    "sys/devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/name": "nct6779\n",
    **{f"sys/devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/{file}": f"{value}\n" for file, value in {
        "in0_input": 832, "in0_min": 0, "in0_max": 1744, "in0_alarm": 0, "in0_beep": 0, "fan2_input": 1098, "fan2_min": 0, "fan2_pulses": 2, "fan2_alarm": 0, "fan2_tolerance": 0, "pwm1": 255, "pwm1_enable": 2,
        "pwm1_mode": 1, "curr1_input": 2500, "energy1_input": 123456789, "power1_average": 12000000, "power1_average_interval": 1000, "power1_accuracy": 1000000, "humidity1_input": 42000, "intrusion0_alarm": 1,
        "cpu0_vid": 1100, "vrm": "not a number", "beep_enable": 1, "update_interval": 1500, "temp3_fault": 1, "temp3_label": "!!", "temp3_input": -5000, "uevent": ""}.items()},
    "sys/class/hwmon/hwmon1": "-> ../../devices/pci0000:00/0000:00:18.3/hwmon/hwmon1",
    "sys/class/hwmon/hwmon2/temp1_input": "20500\n",
}

_IB = "sys/class/infiniband/mlx5_0/"
INFINIBAND = {
    _IB + "board_id": "MT_0000000008\n", _IB + "fw_ver": "16.28.2006\n",
    _IB + "ports/1/state": "4: ACTIVE\n", _IB + "ports/1/phys_state": "5: LinkUp\n", _IB + "ports/1/rate": "2.5 Gb/sec (1X SDR)\n",
    **{_IB + "ports/1/counters/" + file: f"{value}\n" for file, value in {
        "excessive_buffer_overrun_errors": 1, "link_downed": 2, "link_error_recovery": 3, "local_link_integrity_errors": 4, "multicast_rcv_packets": 5, "multicast_xmit_packets": 6, "port_rcv_constraint_errors": 7,
        "port_rcv_data": 1000, "port_rcv_discards": 8, "port_rcv_errors": 9, "port_rcv_packets": 10, "port_rcv_remote_physical_errors": 11, "port_rcv_switch_relay_errors": 12, "port_xmit_constraint_errors": 13,
        "port_xmit_data": 2000, "port_xmit_discards": 14, "port_xmit_packets": 15, "port_xmit_wait": 16, "symbol_error": 17, "unicast_rcv_packets": 18, "unicast_xmit_packets": "N/A (no PMA)", "VL15_dropped": 19}.items()},
    **{_IB + "ports/1/counters_ext/" + file: f"{value}\n" for file, value in {
        "port_multicast_rcv_packets": 93, "port_multicast_xmit_packets": 16, "port_rcv_data_64": 4631917, "port_rcv_packets_64": 21, "port_unicast_rcv_packets": 61148, "port_unicast_xmit_packets": 61239, "port_xmit_data_64": 3733440,
        "port_xmit_packets_64": "N/A (no PMA)"}.items()},
}

MDADM = {"proc/mdstat": """Personalities : [raid1] [raid0] [raid6] [raid5] [raid4]
md3 : active raid6 sda1[8] sdh1[7] sdg1[6] sdf1[5] sde1[11] sdd1[3] sdc1[10] sdb1[9] sdd1[10](S) sdd2[11](S)
      5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/8] [UUUUUUUU]
      bitmap: 0/7 pages [0KB], 65536KB chunk

md127 : active raid1 sdi2[0] sdj2[1]
      312319552 blocks [2/2] [UU]

md0 : active raid0 sdi1[0] sdj1[1]
      248896 blocks 512k chunks

md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
      195310144 blocks [2/1] [U_]
      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec

md8 : active raid1 sdb1[1] sda1[0] sdc[2](S) sde[3](S)
      195310144 blocks [2/2] [UU]
      [=>...................]  resync =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec

md9 : active raid1 sdc2[2] sdd2[3] sdb2[1] sda2[0] sde[4](F) sdf[5](F) sdg[6](S)
      523968 blocks super 1.2 [4/4] [UUUU]
      resync=DELAYED

md11 : active (auto-read-only) raid1 sdb2[0] sdc2[1] sdc3[2](F)
      4190208 blocks super 1.2 [2/2] [UU]
      resync=PENDING

md12 : inactive sda[0](S)
      3886394368 blocks

md124 : active raid1 sda[1] sdb[0]
      976759808 blocks super external:/md125/0 [2/1] [U_]

md125 : inactive sdb[1](S) sda[0](S)
      5288 blocks super external:imsm

md101 : active (read-only) raid0 sdb[2] sdd[1] sdc[0]
      322560 blocks super 1.2 512k chunks

md201 : active raid1 sda3[0] sdb3[1]
      1993728 blocks super 1.2 [2/2] [UU]
      [=>...................]  check =  5.7% (114176/1993728) finish=0.2min speed=114176K/sec

unused devices: <none>
"""}

NETCLASS = {
    "sys/class/net/bonding_masters": "bond0 dmz\n",
    **{f"sys/class/net/eth0/{file}": f"{value}\n" for file, value in {
        "addr_assign_type": 3, "addr_len": 6, "address": "02:00:5e:00:53:01", "broadcast": "ff:ff:ff:ff:ff:ff", "carrier": 1, "carrier_changes": 2, "carrier_down_count": 1, "carrier_up_count": 1, "dev_id": "0x20",
        "dormant": 0, "duplex": "full", "flags": "0x1303", "ifalias": 'uplink "a"', "ifindex": 2, "iflink": 2, "link_mode": 1, "mtu": 1500, "name_assign_type": 2, "netdev_group": 0, "operstate": "up", "speed": 1000,
        "tx_queue_len": 1000, "type": 1}.items()},
    **{f"sys/class/net/wlan0/{file}": f"{value}\n" for file, value in {"address": "02:00:5e:00:53:02", "ifindex": 3, "iflink": 3, "operstate": "down", "speed": -1, "flags": "0x1002", "mtu": 2304}.items()},
}

BONDING = {
    "sys/class/net/bonding_masters": "bond0 dmz empty\n",
    "sys/class/net/bond0/bonding/slaves": "\n",
    "sys/class/net/empty/bonding/slaves": "",
    "sys/class/net/dmz/bonding/slaves": "eth0 eth4\n",
    "sys/class/net/dmz/lower_eth0/bonding_slave/mii_status": "up\n",
    "sys/class/net/dmz/slave_eth4/bonding_slave/mii_status": "down\n",
}

NETSTAT = {
    "proc/net/netstat": "TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops TCPTimeouts TCPSynRetrans Other\nTcpExt: 1 2 3 4 5 6 7\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 6286396970 2786264347\n",
    "proc/net/snmp": "Ip: Forwarding DefaultTTL InReceives\nIp: 1 64 57740232\nIcmp: InMsgs InErrors OutMsgs\nIcmp: 104 0 120\nTcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts\n"
                     "Tcp: 1 -1 3556 230 12 57252008 54915039 227 5 1003\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 88542 120 0 53028 9 8\n",
    "proc/net/snmp6": "Ip6InReceives                   \t7\nIp6InOctets                     \t460\nIp6OutOctets                    \t536\nIcmp6InMsgs                     \t0\nIcmp6OutMsgs                    \t8\nUdp6InDatagrams                 \t1\n"
                      "UdpLite6InErrors                \t2\n",
}

NVME = {f"sys/class/nvme/nvme0/{file}": f"{value}\n" for file, value in {"firmware_rev": "1B2QEXP7", "model": "Example SSD 970", "serial": "S680HF8N", "state": "live", "transport": "pcie"}.items()}

POWERSUPPLY = {
    "sys/class/power_supply/AC/online": "1\n", "sys/class/power_supply/AC/type": "Mains\n",
    **{f"sys/class/power_supply/BAT0/{file}": f"{value}\n" for file, value in {
        "capacity": 81, "capacity_level": "Normal", "charge_full": 5100000, "charge_now": 4100000, "current_now": 1100000, "cycle_count": 318, "energy_full": 50060000, "manufacturer": "Example", "model_name": "M\udcff\udcfe!\udcff",
        "power_now": 4830000, "present": 1, "serial_number": "38109", "status": "Discharging", "technology": "Li-ion", "temp": 305, "time_to_empty_now": 7200, "type": "Battery", "voltage_now": 12229000, "usb_type": ""}.items()},
}

_RAPL = "sys/class/powercap/"
RAPL = {
    _RAPL + "intel-rapl/enabled": "0\n",
    **{_RAPL + zone + "/" + file: value + "\n" for zone, name, energy in (("intel-rapl:0", "package-0", "240422366267"), ("intel-rapl:0:0", "core", "118821284256"), ("intel-rapl:0:1", "dram", "5"), ("intel-rapl:1", "package-10", "7"),
                                                                        ("intel-rapl:1:0", "dram", "6"), ("intel-rapl-mmio:0", "psys!x", "9")) for file, value in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", "262143328850"))},
}

SCHEDSTAT = {"proc/schedstat": "version 15\ntimestamp 15819019232\ncpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 343796328169361 4767485306\n"
                               "domain0 00000000,00000003 212499247 210112015\ncpu1 1 2 3 4 5 6 7 8 9\ncpu2 1 2 3\n"}

SOCKSTAT = {"proc/net/sockstat": "sockets: used 1602\nTCP: inuse 35 orphan 0 tw 4 alloc 59 mem 22\nUDP: inuse 12 mem 62\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
            "proc/net/sockstat6": "TCP6: inuse 17\nUDP6: inuse 9\nUDPLITE6: inuse 0\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n"}

SOFTNET = {"proc/net/softnet_stat": "00015c73 00020e76 F0000769 00000000 00000000 00000000 00000000 00000000 00000000\n01663fb2 00000000 0000085f 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"}

_TAPE = "sys/class/scsi_tape/st0/stats/"
TAPESTATS = {**{_TAPE + file: f"{value}\n" for file, value in {"in_flight": 1, "io_ns": 9247011087720, "other_cnt": 1409, "read_byte_cnt": 979383912, "read_cnt": 3741, "read_ns": 33788355744, "resid_cnt": 19,
                                                              "write_byte_cnt": 1496246784000, "write_cnt": 53772916, "write_ns": 5233597394395}.items()}, "sys/class/scsi_tape/nst0/stats/in_flight": "1\n"}

THERMAL = {"sys/class/thermal/thermal_zone0/type": "acpitz\n", "sys/class/thermal/thermal_zone0/temp": "49925\n", "sys/class/thermal/thermal_zone0/policy": "step_wise\n", "sys/class/thermal/thermal_zone1/policy": "step_wise\n", "sys/class/thermal/thermal_zone1/type": "x86_pkg_temp\n", "sys/class/thermal/thermal_zone1/temp": "-44000\n",
           "sys/class/thermal/cooling_device0/type": "Processor\n", "sys/class/thermal/cooling_device0/cur_state": "0\n", "sys/class/thermal/cooling_device0/max_state": "50\n"}

_UDP_HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
UDP_QUEUES = {"proc/net/udp": _UDP_HEADER + "    0: 00000000:0016 00000000:0000 0A 00000015:000000FF 00:00000000 00000000     0        0 2740 1 ffff88003d3af3c0 0\n"
                                            "    1: 00000000:0017 00000000:0000 0A 00000001:00000000 00:00000000 00000000     0        0 2741 1 ffff88003d3af3c0 0\n",
              "proc/net/udp6": _UDP_HEADER}

NFS = {"proc/net/rpc/nfs": "net 18628 0 18628 6\nrpc 4329785 1 4338291\nproc2 18 2 69 0 0 4410 0 0 0 0 0 0 0 0 0 0 0 99 2\nproc3 22 1 4084749 29200 94754 32580 186 47747 7981 8639 0 6356 0 6962 0 7958 0 0 241 4 4 2 39\n"
                           "proc4 61 1 " + " ".join(str(i) for i in range(60)) + "\n"}

NFSD = {"proc/net/rpc/nfsd": "rc 1 6 18622\nfh 2 0 0 0 0\nio 157286400 72864\nth 8 0 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000\nra 32 0 0 0 0 0 0 0 0 0 0 3\nnet 972 55 972 17\nrpc 18628 1 2 3 4\n"
                             "proc2 18 2 69 0 0 4410 0 0 0 0 0 0 0 0 0 0 0 99 2\nproc3 22 2 112 0 2719 111 0 0 0 0 0 0 0 0 0 0 0 27 216 0 2 1 0\nproc4 2 2 10853\nproc4ops 72 " + " ".join(str(i) for i in range(72)) + "\n"}

XFS = {"sys/fs/xfs/sda1/stats/stats": "extent_alloc 14 15 16 17\nabt 1 2 3 4\nblk_map 61 29 0 61 5 6 7\nbmbt 5 6 7 8\ndir 3 2 1 10\ntrans 4 5 6\nig 1 2 3 4 5 6 7\nlog 1 2 3 4 5\npush_ail 0 0 0 0 0 0 0 0 0 0\nxstrat 1 0\n"
                                      "rw 28 3\nattr 0 0 0 0\nicluster 0 0 0\nvnodes 4 1 2 3 1 1 1 0\nbuf 6 17 0 0 0 0 0 0 0\nxpc 399724544 92823103 86219234\ndebug 0\n",
       "sys/fs/xfs/stats/stats": "extent_alloc 1 1 1 1\n"}

IPVS = {
    "proc/net/ip_vs_stats": "   Total Incoming Outgoing         Incoming         Outgoing\n   Conns  Packets  Packets            Bytes            Bytes\n 16AA370 E33656E5        0     51D8C8883AB3        0\n\n"
                            " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n       4     1FB3C        0          1282A8F        0\n",
    "proc/net/ip_vs": "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\nTCP  C0A80016:0CEA wlc\n  -> C0A85216:0CEA      Tunnel  100    248        2\n"
                      "  -> C0A85318:0CEA      Tunnel  100    248        2\nTCP  [2620:0000:0000:0000:0000:0000:0000:0001]:0050 sh\n  -> [2620:0000:0000:0000:0000:0000:0000:0002]:0050      Route   1      0          0\n"
                      "FWM  10001000 wlc\n  -> C0A83215:0CEA      Route   0      0          2\nUDP  C0A80016:0035 rr\n  -> C0A85216:0035      Masq    7      1          4\n",
}

_ZFS = "proc/spl/kstat/zfs/"
ZFS = {
    _ZFS + "arcstats": "6 1 0x01 91 4368 5266997922 97951858082072\nname                            type data\nhits                            4    8772612\nmemory_available_bytes          3    -922337203685477580\nc_max 4 98\n",
    _ZFS + "zil": "5 1 0x01\nname type data\nzil_commit_count 4 10\nname-x 4 3\nstr 7 abc\n", _ZFS + "abdstats": "7 1 0x01\nname type data\nstruct_size 4 2520\n",
    **{_ZFS + file: "7 1 0x01\nname type data\nhits 4 2520\n" for file in ("dbuf_stats", "dbufstats", "dmu_tx", "dnodestats", "fm", "vdev_cache_stats", "vdev_mirror_stats", "xuio_stats", "zfetchstats")},
    _ZFS + "tank/io": "12 3 0x00 1 80 79205351707403 395818011156865\nnread    nwritten reads    writes   wtime    wlentime wupdate  rtime    rlentime rupdate  wcnt     rcnt\n"
                       "1884160  3206144  22       132      7155162  104112268 79210489694949 24168078 104112268 79210489849220 0        0\n",
    _ZFS + "tank/state": "ONLINE\n", _ZFS + "spare/state": "DEGRADED\n",
    _ZFS + "tank/objset-36": "23 1 0x01 7 2160 221578688875 6665999035587\nname                            type data\ndataset_name                    7    tank/rootfs\nwrites                          4    7\nnread 4 8\n",
}

_BTRFS = "sys/fs/btrfs/0abb23a9-579b-43e6-ad30-227ef47fcb9d/"
BTRFS = {
    _BTRFS + "label": "fixture\n", _BTRFS + "metadata_uuid": "0abb23a9-579b-43e6-ad30-227ef47fcb9d\n", _BTRFS + "features/raid56": "1\n", _BTRFS + "devices/sda/size": "20971520\n", _BTRFS + "devices/sdb/size": "20971520\n",
    _BTRFS + "devices/sdc/size": "20971520\n", _BTRFS + "allocation/global_rsv_size": "16777216\n",
    **{_BTRFS + f"allocation/{kind}/{file}": f"{value}\n" for kind, layout in (("data", "raid5"), ("metadata", "raid6"), ("system", "dup"))
       for file, value in {"bytes_reserved": 4096, "bytes_used": 808189952, f"{layout}/total_bytes": 2147483648, f"{layout}/used_bytes": 808189952}.items()},
    "sys/fs/btrfs/features/raid56": "1\n",
}

_BCACHE = "sys/fs/bcache/deaddd54-c735-46d5-868e-f331c5fd7c74/"
_BCACHE_TOTALS = {"bypassed": "1.2k", "cache_bypass_hits": 1, "cache_bypass_misses": 2, "cache_hits": 546, "cache_miss_collisions": 3, "cache_misses": 4, "cache_readaheads": 13}
BCACHE = {
    **{_BCACHE + file: f"{value}\n" for file, value in {
        "average_key_size": 0, "btree_cache_size": "3.1M", "cache_available_percent": 100, "congested": 0, "root_usage_percent": 0, "tree_depth": 0, "internal/active_journal_entries": 1, "internal/btree_nodes": 0,
        "internal/btree_read_average_duration_us": 1305, "internal/cache_read_races": 0, "bdev0/dirty_data": "1.5G", "cache0/io_errors": 0, "cache0/metadata_written": 512, "cache0/written": "7.9T"}.items()},
    **{_BCACHE + f"{part}{span}/{file}": f"{value}\n" for part in ("", "bdev0/") for span in ("stats_total", "stats_five_minute") for file, value in _BCACHE_TOTALS.items()},
    _BCACHE + "bdev0/writeback_rate_debug": "rate:\t\t1.1M/sec\ndirty:\t\t20.4G\ntarget:\t\t20.4G\nproportional:\t427.5k\nintegral:\t-790.0k\nchange:\t\t321.5k/sec\nnext io:\t17ms\n",
    _BCACHE + "cache0/priority_stats": "Unused:\t\t99%\nMetadata:\t5%\nAverage:\t10473\nSectors per Q:\t64\nQuantiles:\t[0 0 0 20946 20946]\n",
}

BUDDYINFO = {"proc/buddyinfo": "Node 0, zone      DMA      1      0      1      0      2      1      1      0      1      1      3\nNode 1, zone   Normal   4381   1093    185   1530    567    102      4      0      0      0      0\n"}

CGROUPS = {"proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t5\t47\t1\nmemory\t10\t234\t0\n"}

_CPU_INFO = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 142\nmodel name\t: Example(R) CPU @ 1.80GHz\nstepping\t: 10\nmicrocode\t: 0xb4\ncache size\t: 8192 KB\nphysical id\t: 0\ncore id\t\t: {0}\nflags\t\t: fpu aes avx avx2\nbugs\t\t: spectre_v1 mds\n\n"
CPU = {
    "proc/stat": "cpu  301854 612 111922 8979004 3552 2 3944 0 0 0\ncpu0 44490 19 21045 1087069 220 1 3410 2 1 1\ncpu1 47869 23 16474 1110787 591 0 46 3 2 2\ncpu4 1 2 3 4 5 6 7 8 9 10\nintr 8885917 17 0\nctxt 38014093\nbtime 1418183276\nprocesses 26442\nprocs_running 2\n"
                 "procs_blocked 1\nsoftirq 5057579 250191 1481983 1647 211099 186066 0 1783454 622196 12499 508444\n",
    "proc/cpuinfo": "".join(f"processor\t: {cpu}\n" + _CPU_INFO.format(cpu) for cpu in (0, 1)),
    **{f"sys/devices/system/cpu/cpu{cpu}/{file}": f"{value}\n" for cpu in (0, 1) for file, value in {
        "topology/core_id": cpu, "topology/physical_package_id": 0, "thermal_throttle/core_throttle_count": 5 + cpu, "thermal_throttle/package_throttle_count": 30}.items()},
    "sys/devices/system/cpu/isolated": "1,3-5,,9\n",
}

INTERRUPTS = {"proc/interrupts": "           CPU0       CPU1       \n  0:         18          0   IR-IO-APIC-edge      timer\n 43:     123456          7   IR-PCI-MSI-edge      xhci_hcd, eth0\nNMI:         47       5031   Non-maskable interrupts\nERR:          0\nMIS:          0\n"}

KSMD = {f"sys/kernel/mm/ksm/{file}": f"{value}\n" for file, value in {"full_scans": 323, "merge_across_nodes": 1, "pages_shared": 1, "pages_sharing": 255, "pages_to_scan": 100, "pages_unshared": 0, "pages_volatile": 0, "run": 1, "sleep_millisecs": 20}.items()}

LNSTAT = {"proc/net/stat/arp_cache": "entries  allocs destroys hash_grows\n00000014  00000001 00000002 00000003\n00000014  0000000d 0000000e 0000000f\n", "proc/net/stat/ndisc_cache": "entries  allocs destroys\n00000024  000000f0 000000f1\n"}

MEMINFO_NUMA = {
    **{f"sys/devices/system/node/node{node}/meminfo": f"Node {node} MemTotal:        {134182340 + node} kB\nNode {node} Active(anon):     707915 kB\nNode {node} HugePages_Total:     3\n" for node in (0, 1)},
    **{f"sys/devices/system/node/node{node}/numastat": f"numa_hit {193460335812 + node}\nnuma_miss 12624528\nlocal_node 193454780853\n" for node in (0, 1)},
}

PROCESSES = {
    "proc/sys/kernel/threads-max": "7801\n", "proc/sys/kernel/pid_max": "123\n",
    **{f"proc/{pid}/{file}": f"{pid} ({name}) {state} 1 {pid} {pid} 0 -1 4210944 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 17 0 0 0 0 0 0\n"
       for pid, name, state in ((1, "init", "S"), (10, "a) b", "R"), (11, "rcu_preempt", "I")) for file in ("stat", f"task/{pid}/stat")},
}

SLABINFO = {"proc/slabinfo": "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
                             "tw_sock_TCP          704    864    256   32    2 : tunables    0    0    0 : slabdata     27     27      0\ndentry            206816 210672    192   42    2 : tunables    0    0    0 : slabdata   5016   5016      0\n"}

DRBD = {"proc/drbd": "version: 8.4.3 (api:1/proto:86-101)\nsrcversion: 1A9F77B1CA5FF92235C2213\n\n 1: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate C r-----\n"
                     "    ns:17324442 nr:10961024 dw:28263904 dr:7051040 al:5 bm:6 lo:7 pe:8 ua:9 ap:10 ep:1 wo:d oos:13\n 2: cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----\n"
                     "    ns:0 nr:0 dw:1 dr:2 al:3 bm:4 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:100\n"}

SYSCTL = {"proc/sys/kernel/threads-max": "7801\n", "proc/sys/fs/file-nr": "1024\t0\t1631329\n", "proc/sys/kernel/seccomp/actions_avail": "kill_process kill_thread trap errno\n"}

ZONEINFO = {"proc/zoneinfo": "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 230981\n      nr_active_anon 547580\n      nr_dirtied   8007423\n      nr_written   7752121\n      nr_mlock_stack 3\n  pages free     3952\n        min      33\n"
                             "        low      41\n        high     49\n        spanned  4095\n        present  3975\n        managed  3956\n        protection: (0, 2877, 7826, 7826, 7826)\n      nr_free_pages 3952\n      numa_hit     1\n  pagesets\n"
                             "    cpu: 0\n              count: 0\n              high:  0\n              batch: 1\n  node_unreclaimable:  0\n  start_pfn:           1\nNode 0, zone   Device\n  pages free     0\n        min      0\n        protection: (0, 0)\n"}

MOUNTSTATS = {"proc/self/mountstats": (
    "device rootfs mounted on / with fstype rootfs\n"
    "device sysfs mounted on /sys with fstype sysfs\n"
    "device 192.168.1.1:/srv/test mounted on /mnt/nfs/test with fstype nfs4 statvers=1.1\n"
    "\topts:\trw,vers=4.0,rsize=1048576,wsize=1048576,namlen=255,acregmin=3,acregmax=60,acdirmin=30,acdirmax=60,hard,proto=tcp,port=0,timeo=600,retrans=2,sec=sys,mountaddr=192.168.1.1,clientaddr=192.168.1.5,local_lock=none\n"
    "\tage:\t13968\n"
    "\tcaps:\tcaps=0xfff7,wtmult=512,dtsize=32768,bsize=0,namlen=255\n"
    "\tnfsv4:\tbm0=0xfdffafff,bm1=0xf9be3e,bm2=0x0,acl=0x0,pnfs=not configured\n"
    "\tsec:\tflavor=1,pseudoflavor=1\n"
    "\tevents:\t52 226 0 0 1 13 398 0 0 331 0 47 0 0 77 0 0 77 0 0 0 0 0 0 0 0 0 \n"
    "\tbytes:\t1207640230 0 0 0 1210214218 0 295483 0 \n"
    "\tRPC iostats version: 1.0  p/v: 100003/4 (nfs)\n"
    "\txprt:\ttcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726\n"
    "\tper-op statistics\n"
    "\t        NULL: 0 0 0 0 0 0 0 0\n"
    "\t        READ: 1298 1298 0 207680 1210292152 6 79386 79407\n"
    "\t       WRITE: 5 6 1 30 40 50 60 70\n"
    "\t      ACCESS: 2927395007 2927394995 0 526931094212 362996810236 18446743919241604546 1667369447 1953587717 2\n"
    "\n"
    "device 192.168.1.1:/srv/two mounted on /mnt/two with fstype nfs statvers=1.1\n"
    "\topts:\trw,vers=3,proto=udp,mountaddr=192.168.1.9\n"
    "\tage:\t7\n"
    "\tbytes:\t1 2 3 4 5 6 7 8\n"
    "\tevents:\t1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27\n"
    "\txprt:\tudp 832 0 11 6428 6428 0 12154 24 26 5726\n"
    "\tper-op statistics\n"
    "\t        NULL: 1 2 3 4 5 6 7 8\n"
    "\n"
    "device 192.168.1.1:/srv/test mounted on /mnt/again with fstype nfs4 statvers=1.1\n"
    "\tage:\t1\n"
    "\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10 11 12 13\n"
    "\tper-op statistics\n"
    "\n"
    "device 192.168.1.1:/srv/old mounted on /mnt/old with fstype nfs statvers=1.0\n"
    "\tage:\t2\n"
    "\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10\n"
    "\txprt:\ttcp 11 12 13 14 15 16 17 18 19 20\n"
    "\tper-op statistics\n"
    "\t        READ: 1 2 3 4 5 6 7 8 9\n"),
              "proc/self/mountinfo": (
    "25 1 0:23 / / rw,relatime - ext4 /dev/root rw\n"
    "26 25 0:22 / /sys rw - sysfs sysfs rw\n"
    "40 25 0:50 / /mnt/nfs/test rw,relatime shared:1 - nfs4 192.168.1.1:/srv/test rw,vers=4.0,proto=tcp,addr=192.168.1.1\n"
    "41 25 0:51 / /mnt/two rw,relatime shared:1 - nfs 192.168.1.1:/srv/two rw,vers=3,proto=udp,addr=192.168.1.9\n"
    "42 25 0:52 / /mnt/again rw - nfs4 192.168.1.1:/srv/test rw,vers=4.0,proto=tcp,addr=192.168.1.1\n"
    "43 25 0:53 / /mnt/old rw - nfs 192.168.1.1:/srv/old rw,proto=tcp\n")}

DISKSTATS = {
    "proc/diskstats": "   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0\n   7       0 loop0 1 2 3 4 5 6 7 8 9 10 11\n   8       0 sda 25354637 34367663 1003346126 18492372 28444756 11134226 505697032 63877960 0 9653880 82621804\n"
                      "   8       1 sda1 250 0 2000 36\n   8      16 sdb 326552 841 9657779 84825 41822 2895 1972905 5007 0 60730 67070 68851 0 1925173784 11130\n  11       0 sr0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1555 1944\n"
                      " 252       0 dm-0 59910002 0 1003337218 46229572 39231014 0 505692056 1158557800 0 11325968 1206301256\n 259       0 nvme0n1 47114 4 4643973 21650 1078320 43950 39451633 1011053 0 222766 1032546 1 2 3 4 5 6\n 259       1 nvme0n1p1 1 1 1 1 1 1 1 1 0 1 1\n",
    "run/udev/data/b8:0": "S:disk/by-id/ata-x\nI:1234\nE:ID_MODEL=Example_SSD\nE:ID_SERIAL_SHORT=S1\nE:ID_REVISION=1.0\nE:ID_WWN=0x5\nE:ID_PATH=pci-0000:00:1f.2-ata-1\nE:ID_ATA_WRITE_CACHE=1\nE:ID_ATA_WRITE_CACHE_ENABLED=0\nE:ID_ATA_ROTATION_RATE_RPM=0\n",
    "run/udev/data/b8:16": "E:ID_MODEL=Disk\nE:ID_ATA_ROTATION_RATE_RPM=7200\nE:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\nE:ID_FS_UUID=aa-bb\nE:ID_FS_VERSION=1.0\nE:SCSI_IDENT_SERIAL=zz\n",
    "run/udev/data/b252:0": "E:DM_NAME=vg-root\nE:DM_UUID=LVM-x\nE:DM_VG_NAME=vg\nE:DM_LV_NAME=root\nE:DM_LV_LAYER=\n",
    "run/udev/data/b259:0": "no properties\nE:\nE:ID_MODEL\nE:=x\nE:ID_SERIAL_SHORT=a=b\n",
}

_CARD = "sys/class/drm/card0/device/"
DRM = {
    **{_CARD + file: f"{value}\n" for file, value in {
        "uevent": "DRIVER=amdgpu\nPCI_CLASS=30000", "gpu_busy_percent": 4, "power_dpm_force_performance_level": "manual", "unique_id": "0123456789abcdef", "mem_info_vram_vendor": "example", "mem_info_vram_total": 8573157376,
        "mem_info_vram_used": 1490378752, "mem_info_vis_vram_total": 8573157375, "mem_info_vis_vram_used": 1490378751, "mem_info_gtt_total": 8573157374, "mem_info_gtt_used": 144560128}.items()},
    "sys/class/drm/card0-HDMI-A-1/status": "connected\n", "sys/class/drm/card1/device/uevent": "DRIVER=other\n", "sys/class/drm/card1/device/gpu_busy_percent": "7\n", "sys/class/drm/card10/device/uevent": "DRIVER=amdgpu\n",
    "sys/class/drm/version": "drm 1.1.0 20060810\n",
}

LOADAVG = {"proc/loadavg": "0.21 0.37 0.39 1/719 19737\n"}

MEMINFO = {"proc/meminfo": "MemTotal:        3742148 kB\nMemFree:          225472 kB\nActive(anon):    1066224 kB\nHugePages_Total:       0\nHugepagesize:       2048 kB\nDirectMap4k:       10 kB\nVmallocTotal:   34359738367 kB\n"}

_DEV = "  face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
NETDEV = {"proc/net/dev": "Inter-|   Receive                                                |  Transmit\n" + _DEV +
                          "    lo: 435303245 1832522    1    2    3     4          5         6 435303245 1832522    7    8    9    10      11         12\nvethf345468:     648       8    0    0    0     0          0         0      438       5    0    0    0     0       0          0\n"
                          "ibr10:30: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  💩0: 57750104 64 0 0 0 0 0 72 404570255 268 0 0 0 0 0 0\n wlan0:10437182923 13899359 0 0 0 0 0 0 2851649360 11726200 0 0 0 0 0 0\n"}

OS = {"etc/os-release": '# comment\nPRETTY_NAME="Example GNU/Linux 12 (book)"\nNAME="Example"\nVERSION_ID="12.5"\nVERSION="12 (book)"\nVERSION_CODENAME=book\nID=example\nID_LIKE="a b"\nBUILD_ID=x\nVARIANT=\'Server\'\nVARIANT_ID=server\nIMAGE_ID=i\nIMAGE_VERSION=3\n'}

PRESSURE = {f"proc/pressure/{resource}": f"some avg10=0.10 avg60=2.00 avg300=3.85 total={total}\n" + ("" if resource == "cpu" else f"full avg10=0.20 avg60=3.00 avg300=4.95 total={total + 1}\n")
            for resource, total in (("cpu", 14036781), ("io", 1594855), ("memory", 0))}

SELINUX = {"sys/fs/selinux/enforce": "1", "sys/fs/selinux/status": "\0" * 20}

STAT = {"proc/stat": "cpu  301854 612 111922 8979004 3552 2 3944 0 0 0\ncpu0 44490 19 21045 1087069 220 1 3410 0 0 0\nintr 8885917 17 0 0\nctxt 38014093\nbtime 1418183276\nprocesses 26442\nprocs_running 2\nprocs_blocked 1\n"
                     "softirq 5057579 250191 1481983 1647 211099 186066 0 1783454 622196 12499 508444\n"}

CLOCKSOURCES = {**{f"sys/devices/system/clocksource/clocksource{i}/available_clocksource": f"{text}\n" for i, text in ((0, "tsc hpet acpi_pm "), (1, "jiffies"))},
                **{f"sys/devices/system/clocksource/clocksource{i}/current_clocksource": f"{text}\n" for i, text in ((0, "tsc"), (1, "jiffies"))}}

VMSTAT = {"proc/vmstat": "nr_free_pages 977769\npgpgin 7344136\npgpgout 1541180581\npswpin 1476\npswpout 35045\npgfault 2320168809\npgmajfault 507162\noom_kill 0\nunevictable_pgs_culled 0\n"}

#: What nl80211 and rtnetlink would answer, as node_exporter's own tests have it.
WIFI = {
    "interfaces.json": """[{"name": "wlan0", "type": 2, "frequency": 2412}, {"name": "wlan1", "type": 2, "Frequency": 5180}, {"Name": "wlan2", "type": 3, "frequency": 5745}, {"type": 10}, {"name": "wlan3"}]""",
    "wlan0/bss.json": """{"ssid": "Example \\"x\\" é", "bssid": "ABEiM0RV", "status": 1}""",
    "wlan0/stationinfo.json": """[{"hardwareaddr": "qrvM3e7/", "connected": 30000000000, "inactive": 4500000, "receivebitrate": 128000000, "transmitbitrate": 164000000, "receivedbytes": 7, "transmittedbytes": 9, "receivedpackets": 5,
        "transmittedpackets": 6, "signal": -52, "transmitretries": 10, "transmitfailed": 2, "beaconloss": 1}, {"hardwareaddr": "AQIDBAUG", "connected": 1, "inactive": 1}]""",
    "wlan1/bss.json": """{"ssid": "a", "bssid": "", "status": 2}""", "wlan1/stationinfo.json": "[]", "wlan2/bss.json": """{"ssid": "b", "bssid": "ABEiM0RV", "status": 7}""", "wlan3/bss.json": """{"status": 0}""",
}
QDISC = {"results.json": """[{"IfaceName": "wlan0", "Bytes": 42, "Packets": 43, "Requeues": 1, "Kind": "fq", "Drops": 2, "Overlimits": 0, "Qlen": 4, "Backlog": 7},
    {"IfaceName": "eth0", "Bytes": 9007199254740993, "Packets": 83, "Requeues": 2, "Kind": "pfifo_fast", "Overlimits": 3, "Parent": 0}, {"IfaceName": "eth1", "Bytes": 1, "Kind": "mq", "Parent": 5}]"""}

#: What each collector reads.
TREES = {"diskstats": DISKSTATS, "drm": DRM, "loadavg": LOADAVG, "meminfo": MEMINFO, "netdev": NETDEV, "os": OS, "pressure": PRESSURE, "selinux": SELINUX, "stat": STAT, "vmstat": VMSTAT, "drbd": DRBD, "zoneinfo": ZONEINFO, "buddyinfo": BUDDYINFO, "cgroups": CGROUPS, "cpu": CPU, "interrupts": INTERRUPTS, "ksmd": KSMD, "lnstat": LNSTAT, "meminfo_numa": MEMINFO_NUMA, "processes": PROCESSES, "slabinfo": SLABINFO, "stat": CPU,
         "arp": ARP, "bonding": BONDING, "conntrack": CONNTRACK, "cpufreq": CPUFREQ, "dmi": DMI, "edac": EDAC, "entropy": ENTROPY, "fibrechannel": FIBRECHANNEL, "filefd": FILEFD, "hwmon": HWMON, "infiniband": INFINIBAND,
         "mdadm": MDADM, "mountstats": MOUNTSTATS, "bcache": BCACHE, "btrfs": BTRFS, "ipvs": IPVS, "nfs": NFS, "nfsd": NFSD, "xfs": XFS, "zfs": ZFS, "netclass": NETCLASS, "netstat": NETSTAT, "nvme": NVME, "powersupplyclass": POWERSUPPLY, "rapl": RAPL, "schedstat": SCHEDSTAT, "sockstat": SOCKSTAT, "softnet": SOFTNET, "tapestats": TAPESTATS,
         "thermal_zone": THERMAL, "udp_queues": UDP_QUEUES}
