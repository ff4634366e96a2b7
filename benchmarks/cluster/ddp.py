"""The same steps by PyTorch's DistributedDataParallel with Gloo: ddp.py RANKS BATCH SECONDS."""
import os, sys, time
import torch, torch.distributed as dist, torch.multiprocessing as mp

def work(rank, ranks, batch, seconds):
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29511")
    torch.set_num_threads(max(1, os.cpu_count() // ranks))
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(3072, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    net = torch.nn.parallel.DistributedDataParallel(net)
    rule = torch.optim.Adam(net.parameters(), lr=1e-6)
    rows = batch // ranks
    x, y = torch.rand(rows, 3072) - 0.5, torch.arange(rows) % 10

    def step():
        rule.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        rule.step()

    step()
    times, more, begin = [], torch.ones(1), time.perf_counter()
    while more.item():
        before = time.perf_counter()
        for _ in range(10):
            step()
        times.append((time.perf_counter() - before) / 10)
        more[0] = time.perf_counter() - begin < seconds
        dist.broadcast(more, 0)
    if rank == 0:
        print(f"{sorted(times)[len(times) // 2]:.6f}", flush=True)
    dist.destroy_process_group()

if __name__ == "__main__":
    ranks, batch, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    mp.spawn(work, (ranks, batch, seconds), nprocs=ranks)
