//! What implementers of the engine's traits need to prove theirs: batteries and faulty machinery.
