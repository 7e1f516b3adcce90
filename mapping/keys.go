package mapping

// keySet finds names that occur twice in one object. One table serves every
// object of a record and is reused for the next record without being cleared.
type keySet struct {
	table      []keyEntry
	used       int
	scopes     uint32
	generation uint32
}

type keyEntry struct {
	hash       uint64
	generation uint32
	scope      uint32
	name       []byte
}

func (k *keySet) reset() {
	k.generation++
	if k.table == nil || k.generation == 0 || len(k.table) > 1<<14 {
		k.table = make([]keyEntry, 256)
		k.generation = 1
	}
	k.used, k.scopes = 0, 0
}

// scope returns the number of a new object.
func (k *keySet) scope() uint32 {
	k.scopes++
	return k.scopes
}

// add reports whether name is new in its object. name must stay unchanged
// until the next reset.
func (k *keySet) add(scope uint32, hash uint64, name []byte) bool {
	if 2*k.used >= len(k.table) {
		k.grow()
	}
	mask := len(k.table) - 1
	i := bucket(scope, hash) & mask
	for k.table[i].generation == k.generation {
		e := &k.table[i]
		if e.hash == hash && e.scope == scope && string(e.name) == string(name) {
			return false
		}
		i = (i + 1) & mask
	}
	k.table[i] = keyEntry{hash, k.generation, scope, name}
	k.used++
	return true
}

func bucket(scope uint32, hash uint64) int {
	return int((hash ^ uint64(scope)*0x9E3779B97F4A7C15) >> 1)
}

func (k *keySet) grow() {
	old := k.table
	k.table = make([]keyEntry, 2*len(old))
	mask := len(k.table) - 1
	for _, e := range old {
		if e.generation != k.generation {
			continue
		}
		i := bucket(e.scope, e.hash) & mask
		for k.table[i].generation == k.generation {
			i = (i + 1) & mask
		}
		k.table[i] = e
	}
}
