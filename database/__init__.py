"""What we remember: stock, money and documents in SQL, each step booked once, whole or not at all."""
